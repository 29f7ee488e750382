package io.postern.smtp;

import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.tracing.TracingPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a server behaves. Durations are milliseconds in JSON, sizes are octets; 0 means "no limit" where a property says so.
 * A setter refuses a value that makes no sense with an {@link IllegalArgumentException} that names the property.
 */
public final class SmtpServerOptions {

    /** The loopback addresses of both families. */
    public static final String DEFAULT_HOST = "localhost";
    /** The port to listen on. */
    public static final int DEFAULT_PORT = 8025;
    /** Owner and group may connect: that takes permission to write. */
    public static final String DEFAULT_UNIX_SOCKET_PERMISSIONS = "rw-rw----";
    /** What follows the server's name in the greeting. */
    public static final String DEFAULT_IDENT = "ESMTP Postern";
    /** The same of a server that speaks LMTP. */
    public static final String DEFAULT_LMTP_IDENT = "LMTP Postern";
    /** 32 MiB. */
    public static final long DEFAULT_DATA_SIZE_LIMIT = 33_554_432;
    /** RFC 5321 §4.5.3.2.7: a server waits five minutes for a command. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);
    /** Half of what clients wait for the reply to a message, RFC 5321 §4.5.3.2.6. */
    public static final Duration DEFAULT_HANDLER_TIMEOUT = Duration.ofMinutes(5);
    /** How long running transactions may take at a shutdown. */
    public static final Duration DEFAULT_SHUTDOWN_GRACE = Duration.ofSeconds(30);
    /** RFC 5321 §4.5.3.1.8 asks for at least 100. */
    public static final int DEFAULT_MAX_RECIPIENTS = 1_000;
    /** RFC 5321 §4.5.3.1.4, the line end counted. */
    public static final int DEFAULT_COMMAND_SIZE_LIMIT = 512;
    /** RFC 5321 §4.5.3.1.6, the line end counted. */
    public static final int DEFAULT_LINE_LENGTH_LIMIT = 1_000;
    /** No limit but that of the address. */
    public static final int DEFAULT_LOCAL_PART_LIMIT = 0;
    /** At which unknown command a session ends. */
    public static final int DEFAULT_MAX_UNKNOWN_COMMANDS = 5;
    /** At which mistake of any kind a session ends. */
    public static final int DEFAULT_MAX_ERRORS = 20;
    /** 1 MiB. */
    public static final long DEFAULT_MAX_HEADER_SIZE = 1_048_576;
    /** 256 MiB, eight messages of the largest size by default: what a JVM with a heap of 1 GiB can hold with ease. */
    public static final long DEFAULT_MAX_BYTES_IN_FLIGHT = 268_435_456;
    /** RFC 5321 §6.3 asks for at least 100. */
    public static final int DEFAULT_MAX_HOPS = 100;
    /** Open connections of a listener. */
    public static final int DEFAULT_MAX_CONNECTIONS = 20_000;
    /** Open connections of one address, so that none can take them all. */
    public static final int DEFAULT_MAX_CONNECTIONS_PER_IP = 12_000;
    /** RFC 5321 §4.5.3.2.5: three minutes for a block of data. */
    public static final Duration DEFAULT_DATA_TIMEOUT = Duration.ofMinutes(3);
    /** Octets a second, far below any network in use. */
    public static final int DEFAULT_MIN_DATA_RATE = 100;
    /** Proxies on the same machine. */
    public static final List<String> DEFAULT_PROXY_FROM = List.of("127.0.0.0/8", "::1/128");
    /** The PROXY protocol asks for at least three seconds, so that one lost packet can be sent again. */
    public static final Duration DEFAULT_PROXY_PROTOCOL_TIMEOUT = Duration.ofSeconds(3);
    /** At which failed authentication a session ends. */
    public static final int DEFAULT_MAX_AUTH_FAILURES = 3;
    /** How long the reply to an address's first failed authentication waits. */
    public static final Duration DEFAULT_AUTH_FAILURE_DELAY = Duration.ofSeconds(1);
    /** How many connections may wait to be accepted. */
    public static final int DEFAULT_ACCEPT_BACKLOG = 1_024;

    // what milliseconds can hold without a thought, and longer than any server runs
    private static final Duration MAX_DURATION = Duration.ofDays(36_500);

    private @Nullable String host = DEFAULT_HOST;
    private int port = DEFAULT_PORT;
    private @Nullable String unixSocket;
    private String unixSocketPermissions = DEFAULT_UNIX_SOCKET_PERMISSIONS;
    private @Nullable String hostName;
    private @Nullable String ident;
    private boolean lmtp;
    private long dataSizeLimit = DEFAULT_DATA_SIZE_LIMIT;
    private boolean smtpUtf8 = true;
    private boolean prdr;
    private Duration timeout = DEFAULT_TIMEOUT;
    private Duration handlerTimeout = DEFAULT_HANDLER_TIMEOUT;
    private Duration shutdownGrace = DEFAULT_SHUTDOWN_GRACE;
    private int maxRecipients = DEFAULT_MAX_RECIPIENTS;
    private int commandSizeLimit = DEFAULT_COMMAND_SIZE_LIMIT;
    private int lineLengthLimit = DEFAULT_LINE_LENGTH_LIMIT;
    private int localPartLimit = DEFAULT_LOCAL_PART_LIMIT;
    private int maxUnknownCommands = DEFAULT_MAX_UNKNOWN_COMMANDS;
    private int maxErrors = DEFAULT_MAX_ERRORS;
    private BareNewlines bareNewlines = BareNewlines.REJECT;
    private @Nullable ServerSSLOptions tls;
    private boolean implicitTls;
    private boolean requireStartTls;
    private long maxBytesInFlight = DEFAULT_MAX_BYTES_IN_FLIGHT;
    private long maxHeaderSize = DEFAULT_MAX_HEADER_SIZE;
    private int maxHops = DEFAULT_MAX_HOPS;
    private TracingPolicy tracingPolicy = TracingPolicy.ALWAYS;
    private int maxMessages;
    private int maxJunkCommands;
    private Map<String, Integer> commandCallLimit = Map.of();
    private int maxConnections = DEFAULT_MAX_CONNECTIONS;
    private int maxConnectionsPerIp = DEFAULT_MAX_CONNECTIONS_PER_IP;
    private Duration dataTimeout = DEFAULT_DATA_TIMEOUT;
    private int minDataRate = DEFAULT_MIN_DATA_RATE;
    private Duration greetingDelay = Duration.ZERO;
    private boolean proxyProtocol;
    private List<String> proxyFrom = DEFAULT_PROXY_FROM;
    private Duration proxyProtocolTimeout = DEFAULT_PROXY_PROTOCOL_TIMEOUT;
    private boolean authRequired;
    private boolean authRequireTls = true;
    private Set<String> authExcludeMechanisms = Set.of();
    private int maxAuthFailures = DEFAULT_MAX_AUTH_FAILURES;
    private Duration authFailureDelay = DEFAULT_AUTH_FAILURE_DELAY;
    private NetServerOptions net = new NetServerOptions().setAcceptBacklog(DEFAULT_ACCEPT_BACKLOG);

    /** Options with their defaults. */
    public SmtpServerOptions() {}

    /** A copy. */
    public SmtpServerOptions(SmtpServerOptions other) {
        host = other.host;
        port = other.port;
        unixSocket = other.unixSocket;
        unixSocketPermissions = other.unixSocketPermissions;
        hostName = other.hostName;
        ident = other.ident;
        lmtp = other.lmtp;
        dataSizeLimit = other.dataSizeLimit;
        smtpUtf8 = other.smtpUtf8;
        prdr = other.prdr;
        timeout = other.timeout;
        handlerTimeout = other.handlerTimeout;
        shutdownGrace = other.shutdownGrace;
        maxRecipients = other.maxRecipients;
        commandSizeLimit = other.commandSizeLimit;
        lineLengthLimit = other.lineLengthLimit;
        localPartLimit = other.localPartLimit;
        maxUnknownCommands = other.maxUnknownCommands;
        maxErrors = other.maxErrors;
        bareNewlines = other.bareNewlines;
        tls = other.tls == null ? null : other.tls.copy();
        implicitTls = other.implicitTls;
        requireStartTls = other.requireStartTls;
        maxBytesInFlight = other.maxBytesInFlight;
        maxHeaderSize = other.maxHeaderSize;
        maxHops = other.maxHops;
        tracingPolicy = other.tracingPolicy;
        maxMessages = other.maxMessages;
        maxJunkCommands = other.maxJunkCommands;
        commandCallLimit = other.commandCallLimit;
        maxConnections = other.maxConnections;
        maxConnectionsPerIp = other.maxConnectionsPerIp;
        dataTimeout = other.dataTimeout;
        minDataRate = other.minDataRate;
        greetingDelay = other.greetingDelay;
        proxyProtocol = other.proxyProtocol;
        proxyFrom = other.proxyFrom;
        proxyProtocolTimeout = other.proxyProtocolTimeout;
        authRequired = other.authRequired;
        authRequireTls = other.authRequireTls;
        authExcludeMechanisms = other.authExcludeMechanisms;
        maxAuthFailures = other.maxAuthFailures;
        authFailureDelay = other.authFailureDelay;
        net = new NetServerOptions(other.net);
    }

    /** Reads what {@link #toJson()} wrote; what is missing has its default. */
    public SmtpServerOptions(JsonObject json) {
        merge(json);
    }

    /**
     * Sets the properties that {@code json} has.
     *
     * @throws IllegalArgumentException when a property is unknown or its value not allowed
     */
    public SmtpServerOptions merge(JsonObject json) {
        SmtpServerOptionsJson.read(json, this);
        return this;
    }

    /** All properties under their names. */
    public JsonObject toJson() {
        return SmtpServerOptionsJson.write(this);
    }

    /** What {@link #setHost} was given, or the default; empty for null. */
    public Optional<String> getHost() {
        return Optional.ofNullable(host);
    }

    /**
     * The host whose addresses a server listens on, all with the same port:
     *
     * <ul>
     *   <li>null stands for one loopback address, {@code ::1}, or {@code 127.0.0.1} where the machine has no IPv6;
     *   <li>{@code localhost} for the loopback addresses of both families, as far as the machine has them;
     *   <li>the empty string for all interfaces, IPv4 and IPv6;
     *   <li>an IP address for itself;
     *   <li>another name for every address that the resolver of the machine gives for it; the machine must have them all.
     * </ul>
     */
    public SmtpServerOptions setHost(@Nullable String host) {
        this.host = host;
        return this;
    }

    /** What {@link #setPort} was given, or the default. */
    public int getPort() {
        return port;
    }

    /**
     * The port to listen on; 0 takes a free one, a negative number a free one shared by instances of a verticle. It is the
     * same on all addresses of the host.
     */
    public SmtpServerOptions setPort(int port) {
        if (port > 65_535) {
            throw notAllowed("port", port, "at most 65535");
        }
        this.port = port;
        return this;
    }

    /** What {@link #setUnixSocket} was given, or the default. */
    public Optional<String> getUnixSocket() {
        return Optional.ofNullable(unixSocket);
    }

    /** The path of a Unix socket to listen on, instead of host and port; at most 103 octets. */
    public SmtpServerOptions setUnixSocket(String path) {
        this.unixSocket = Objects.requireNonNull(path, "unixSocket");
        return this;
    }

    /** What {@link #setUnixSocketPermissions} was given, or the default. */
    public String getUnixSocketPermissions() {
        return unixSocketPermissions;
    }

    /** The permissions of that socket, such as {@code rw-rw----}. It has them from the moment that it can be seen. */
    public SmtpServerOptions setUnixSocketPermissions(String permissions) {
        if (!permissions.matches("([r-][w-][x-]){3}")) {
            throw notAllowed("unixSocketPermissions", '"' + permissions + '"', "nine letters such as rw-rw----");
        }
        this.unixSocketPermissions = permissions;
        return this;
    }

    /** What {@link #setHostName} was given, or the default. */
    public Optional<String> getHostName() {
        return Optional.ofNullable(hostName);
    }

    /** The name that the server gives itself; by default the machine's name as it is found when the server starts. */
    public SmtpServerOptions setHostName(String hostName) {
        if (hostName.isBlank() || hostName.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw notAllowed("hostName", '"' + hostName + '"', "a host name in ASCII");
        }
        this.hostName = hostName;
        return this;
    }

    /** What {@link #setIdent} was given, or the default. */
    public String getIdent() {
        return ident != null ? ident : lmtp ? DEFAULT_LMTP_IDENT : DEFAULT_IDENT;
    }

    /** What follows the server's name in the greeting. */
    public SmtpServerOptions setIdent(String ident) {
        if (ident.chars().anyMatch(c -> c < ' ' || c > '~')) {
            throw notAllowed("ident", "text with characters outside ASCII", "printable ASCII");
        }
        this.ident = ident;
        return this;
    }

    /** What {@link #setLmtp} was given, or the default. */
    public boolean isLmtp() {
        return lmtp;
    }

    /** Speaks LMTP (RFC 2033) instead of SMTP: LHLO, and a reply for each recipient after a message. */
    public SmtpServerOptions setLmtp(boolean lmtp) {
        this.lmtp = lmtp;
        return this;
    }

    /** What {@link #setDataSizeLimit} was given, or the default. */
    public long getDataSizeLimit() {
        return dataSizeLimit;
    }

    /** The largest message in octets, announced with SIZE (RFC 1870); 0 for no limit. */
    public SmtpServerOptions setDataSizeLimit(long octets) {
        this.dataSizeLimit = notNegative("dataSizeLimit", octets);
        return this;
    }

    /** What {@link #setSmtpUtf8} was given, or the default. */
    public boolean isSmtpUtf8() {
        return smtpUtf8;
    }

    /** Offers SMTPUTF8 (RFC 6531). */
    public SmtpServerOptions setSmtpUtf8(boolean smtpUtf8) {
        this.smtpUtf8 = smtpUtf8;
        return this;
    }

    /** What {@link #setPrdr} was given, or the default. */
    public boolean isPrdr() {
        return prdr;
    }

    /**
     * Offers PRDR (draft-hall-prdr-00): a client that asks for it has a reply for each recipient, as in LMTP. Exim can do
     * this. LMTP servers do it without being asked, and do not offer it.
     */
    public SmtpServerOptions setPrdr(boolean prdr) {
        this.prdr = prdr;
        return this;
    }

    /** What {@link #setTimeout} was given, or the default. */
    public Duration getTimeout() {
        return timeout;
    }

    /**
     * How long the server waits for a command, and for a client that does not read, before it says 421 and closes; zero waits
     * for ever. Within a message {@link #setDataTimeout} counts.
     */
    public SmtpServerOptions setTimeout(Duration timeout) {
        this.timeout = notNegative("timeout", timeout);
        return this;
    }

    /** What {@link #setHandlerTimeout} was given, or the default. */
    public Duration getHandlerTimeout() {
        return handlerTimeout;
    }

    /** How long a hook may take before the client is answered 451; zero waits for ever. */
    public SmtpServerOptions setHandlerTimeout(Duration timeout) {
        this.handlerTimeout = notNegative("handlerTimeout", timeout);
        return this;
    }

    /** What {@link #setShutdownGrace} was given, or the default. */
    public Duration getShutdownGrace() {
        return shutdownGrace;
    }

    /** How long running transactions may take when a verticle or controller stops. */
    public SmtpServerOptions setShutdownGrace(Duration grace) {
        this.shutdownGrace = notNegative("shutdownGrace", grace);
        return this;
    }

    /** What {@link #setMaxRecipients} was given, or the default. */
    public int getMaxRecipients() {
        return maxRecipients;
    }

    /** The most recipients of one message, announced with LIMITS (RFC 9422); further ones get 452. */
    public SmtpServerOptions setMaxRecipients(int recipients) {
        this.maxRecipients = positive("maxRecipients", recipients);
        return this;
    }

    /** What {@link #setCommandSizeLimit} was given, or the default. */
    public int getCommandSizeLimit() {
        return commandSizeLimit;
    }

    /** The longest command line in octets, to which each extension adds what its RFC says. */
    public SmtpServerOptions setCommandSizeLimit(int octets) {
        if (octets < DEFAULT_COMMAND_SIZE_LIMIT) {
            throw notAllowed("commandSizeLimit", octets, "at least 512 (RFC 5321 §4.5.3.1.4)");
        }
        this.commandSizeLimit = octets;
        return this;
    }

    /** What {@link #setLineLengthLimit} was given, or the default. */
    public int getLineLengthLimit() {
        return lineLengthLimit;
    }

    /** The longest line of a message in octets, the line end counted; 0 for no limit. */
    public SmtpServerOptions setLineLengthLimit(int octets) {
        this.lineLengthLimit = (int) notNegative("lineLengthLimit", octets);
        return this;
    }

    /** What {@link #setLocalPartLimit} was given, or the default. */
    public int getLocalPartLimit() {
        return localPartLimit;
    }

    /** The longest local part of an address in octets; 0 for no limit of its own. */
    public SmtpServerOptions setLocalPartLimit(int octets) {
        this.localPartLimit = (int) notNegative("localPartLimit", octets);
        return this;
    }

    /** What {@link #setMaxUnknownCommands} was given, or the default. */
    public int getMaxUnknownCommands() {
        return maxUnknownCommands;
    }

    /** At which unknown command the session ends. */
    public SmtpServerOptions setMaxUnknownCommands(int commands) {
        this.maxUnknownCommands = positive("maxUnknownCommands", commands);
        return this;
    }

    /** What {@link #setMaxErrors} was given, or the default. */
    public int getMaxErrors() {
        return maxErrors;
    }

    /** At which mistake of the client, of any kind, the session ends; an accepted message begins the count anew. */
    public SmtpServerOptions setMaxErrors(int errors) {
        this.maxErrors = positive("maxErrors", errors);
        return this;
    }

    /** What {@link #setBareNewlines} was given, or the default. */
    public BareNewlines getBareNewlines() {
        return bareNewlines;
    }

    /** What happens to messages with a CR or LF that stands alone. */
    public SmtpServerOptions setBareNewlines(BareNewlines policy) {
        this.bareNewlines = Objects.requireNonNull(policy, "bareNewlines");
        return this;
    }

    /** What {@link #setTls} was given, or the default. */
    public Optional<ServerSSLOptions> getTls() {
        return Optional.ofNullable(tls);
    }

    /**
     * The certificates of the server and how they are used; with them STARTTLS (RFC 3207) is offered. TLS 1.2 and 1.3 are
     * spoken, and a client cannot renegotiate. In JSON the keys stand in {@code pemKeyCertOptions}, {@code
     * pfxKeyCertOptions} or {@code jksKeyCertOptions}, and trusted certificates of clients in {@code pemTrustOptions}, {@code
     * pfxTrustOptions} or {@code jksTrustOptions}.
     */
    public SmtpServerOptions setTls(ServerSSLOptions tls) {
        this.tls = Objects.requireNonNull(tls, "tls");
        return this;
    }

    /** What {@link #setImplicitTls} was given, or the default. */
    public boolean isImplicitTls() {
        return implicitTls;
    }

    /** Encrypts connections from their first octet (RFC 8314) instead of offering STARTTLS; needs {@link #setTls}. */
    public SmtpServerOptions setImplicitTls(boolean implicitTls) {
        this.implicitTls = implicitTls;
        return this;
    }

    /** What {@link #setRequireStartTls} was given, or the default. */
    public boolean isRequireStartTls() {
        return requireStartTls;
    }

    /** Answers 530 to all but NOOP, EHLO, STARTTLS and QUIT until the client has used STARTTLS; needs {@link #setTls}. */
    public SmtpServerOptions setRequireStartTls(boolean requireStartTls) {
        this.requireStartTls = requireStartTls;
        return this;
    }

    /** What {@link #setMaxBytesInFlight} was given, or the default. */
    public long getMaxBytesInFlight() {
        return maxBytesInFlight;
    }

    /**
     * How many octets of messages may be there that have no answer yet, over all connections of a listening address; 0 for
     * no limit. What is counted of a message says {@link SmtpHandler#holdsMessages()}. When there are as many, messages
     * that arrive wait for others to be answered, and one that has waited for 5 seconds is answered {@code 452 4.3.1}, as
     * is MAIL meanwhile. A message that is held needs a limit as large as itself. Reads that are under way may pass the
     * limit, by up to 64 KiB for a connection.
     */
    public SmtpServerOptions setMaxBytesInFlight(long octets) {
        this.maxBytesInFlight = notNegative("maxBytesInFlight", octets);
        return this;
    }

    /** What {@link #setMaxHeaderSize} was given, or the default. */
    public long getMaxHeaderSize() {
        return maxHeaderSize;
    }

    /** The largest header of a message in octets, above which it is refused with 552; 0 for no limit. */
    public SmtpServerOptions setMaxHeaderSize(long octets) {
        this.maxHeaderSize = notNegative("maxHeaderSize", octets);
        return this;
    }

    /** What {@link #setMaxHops} was given, or the default. */
    public int getMaxHops() {
        return maxHops;
    }

    /** The most Received fields of a message; one with more is taken to be in a loop and refused with 554; 0 for no limit. */
    public SmtpServerOptions setMaxHops(int hops) {
        this.maxHops = (int) notNegative("maxHops", hops);
        return this;
    }

    /** What {@link #setTracingPolicy} was given, or the default. */
    public TracingPolicy getTracingPolicy() {
        return tracingPolicy;
    }

    /**
     * Whether a Vertx that has a tracer is told of each mail transaction, as one span. Default: {@link TracingPolicy#ALWAYS},
     * as for HTTP servers. SMTP brings no trace along, so that {@link TracingPolicy#PROPAGATE}, which goes on with one that
     * is there, has nothing to go on with; {@link TracingPolicy#IGNORE} switches tracing off.
     */
    public SmtpServerOptions setTracingPolicy(TracingPolicy policy) {
        this.tracingPolicy = Objects.requireNonNull(policy, "tracingPolicy");
        return this;
    }

    /** What {@link #setMaxMessages} was given, or the default. */
    public int getMaxMessages() {
        return maxMessages;
    }

    /** The most messages of one connection, behind which it is ended with 421; 0 for no limit. */
    public SmtpServerOptions setMaxMessages(int messages) {
        this.maxMessages = (int) notNegative("maxMessages", messages);
        return this;
    }

    /** What {@link #setMaxJunkCommands} was given, or the default. */
    public int getMaxJunkCommands() {
        return maxJunkCommands;
    }

    /**
     * How many commands a client may send between two accepted messages that bring none forward: NOOP, RSET, VRFY, EXPN,
     * HELP, and HELO, EHLO or LHLO again. The next one ends the session with {@code 421 4.7.0}. The default is 0, no limit,
     * as such commands cost next to nothing and some clients keep connections open with them; Postfix has 100.
     */
    public SmtpServerOptions setMaxJunkCommands(int commands) {
        this.maxJunkCommands = (int) notNegative("maxJunkCommands", commands);
        return this;
    }

    /** What {@link #setCommandCallLimit} was given, or the default. */
    public Map<String, Integer> getCommandCallLimit() {
        return commandCallLimit;
    }

    /**
     * How often a session may use each command, by its name in any case, before it is ended with 421. {@code *} is for all
     * that are not named; without it they have no limit.
     */
    public SmtpServerOptions setCommandCallLimit(Map<String, Integer> limits) {
        limits.forEach((command, limit) -> positive("commandCallLimit of " + command, limit));
        this.commandCallLimit = limits.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        entry -> entry.getKey().toUpperCase(Locale.ROOT), Map.Entry::getValue));
        return this;
    }

    /** What {@link #setMaxConnections} was given, or the default. */
    public int getMaxConnections() {
        return maxConnections;
    }

    /** The most open connections of all servers of a Vertx that listen on this host and port; 0 for no limit. */
    public SmtpServerOptions setMaxConnections(int connections) {
        this.maxConnections = (int) notNegative("maxConnections", connections);
        return this;
    }

    /** What {@link #setMaxConnectionsPerIp} was given, or the default. */
    public int getMaxConnectionsPerIp() {
        return maxConnectionsPerIp;
    }

    /** How many of them may come from one address; 0 for no limit. */
    public SmtpServerOptions setMaxConnectionsPerIp(int connections) {
        this.maxConnectionsPerIp = (int) notNegative("maxConnectionsPerIp", connections);
        return this;
    }

    /** What {@link #setDataTimeout} was given, or the default. */
    public Duration getDataTimeout() {
        return dataTimeout;
    }

    /** How long the server waits for the next block of a message; zero waits for ever. */
    public SmtpServerOptions setDataTimeout(Duration timeout) {
        this.dataTimeout = notNegative("dataTimeout", timeout);
        return this;
    }

    /** What {@link #setMinDataRate} was given, or the default. */
    public int getMinDataRate() {
        return minDataRate;
    }

    /** The least octets a second of a message, on average over {@link #setDataTimeout}; a slower client is dropped. */
    public SmtpServerOptions setMinDataRate(int octetsPerSecond) {
        this.minDataRate = (int) notNegative("minDataRate", octetsPerSecond);
        return this;
    }

    /** What {@link #setGreetingDelay} was given, or the default. */
    public Duration getGreetingDelay() {
        return greetingDelay;
    }

    /** How long the server waits before it greets; a client that speaks before that is refused. Zero for no delay. */
    public SmtpServerOptions setGreetingDelay(Duration delay) {
        this.greetingDelay = notNegative("greetingDelay", delay);
        return this;
    }

    /** What {@link #setProxyProtocol} was given, or the default. */
    public boolean isProxyProtocol() {
        return proxyProtocol;
    }

    /**
     * Expects every connection to begin with a PROXY protocol header, version 1 or 2, in front of TLS and greeting; one
     * that does not is closed without a word.
     */
    public SmtpServerOptions setProxyProtocol(boolean proxyProtocol) {
        this.proxyProtocol = proxyProtocol;
        return this;
    }

    /** What {@link #setProxyFrom} was given, or the default. */
    public List<String> getProxyFrom() {
        return proxyFrom;
    }

    /** The proxies that are believed: addresses, and networks such as {@code 192.0.2.0/24}. Others are closed at once. */
    public SmtpServerOptions setProxyFrom(List<String> networks) {
        this.proxyFrom = List.copyOf(networks);
        return this;
    }

    /** What {@link #setProxyProtocolTimeout} was given, or the default. */
    public Duration getProxyProtocolTimeout() {
        return proxyProtocolTimeout;
    }

    /** How long the header may take to arrive. */
    public SmtpServerOptions setProxyProtocolTimeout(Duration timeout) {
        if (timeout.isNegative() || timeout.isZero()) {
            throw notAllowed("proxyProtocolTimeout", timeout, "more than zero");
        }
        this.proxyProtocolTimeout = timeout;
        return this;
    }

    /** What {@link #setAuthRequired} was given, or the default. */
    public boolean isAuthRequired() {
        return authRequired;
    }

    /**
     * Answers 530 to MAIL, RCPT, DATA, BDAT, VRFY, EXPN and HELP until the client has authenticated itself; needs a
     * mechanism, see {@link SmtpServer#addMechanism}.
     */
    public SmtpServerOptions setAuthRequired(boolean authRequired) {
        this.authRequired = authRequired;
        return this;
    }

    /** What {@link #setAuthRequireTls} was given, or the default. */
    public boolean isAuthRequireTls() {
        return authRequireTls;
    }

    /** Offers AUTH on encrypted connections only, and answers 538 on others; true unless set to false. */
    public SmtpServerOptions setAuthRequireTls(boolean authRequireTls) {
        this.authRequireTls = authRequireTls;
        return this;
    }

    /** What {@link #setAuthExcludeMechanisms} was given, or the default. */
    public Set<String> getAuthExcludeMechanisms() {
        return authExcludeMechanisms;
    }

    /** Mechanisms that are not offered although the server has them, by name in any case. */
    public SmtpServerOptions setAuthExcludeMechanisms(Set<String> names) {
        this.authExcludeMechanisms =
                names.stream().map(name -> name.toUpperCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
        return this;
    }

    /** What {@link #setMaxAuthFailures} was given, or the default. */
    public int getMaxAuthFailures() {
        return maxAuthFailures;
    }

    /** At which failed authentication the session ends. */
    public SmtpServerOptions setMaxAuthFailures(int failures) {
        this.maxAuthFailures = positive("maxAuthFailures", failures);
        return this;
    }

    /** What {@link #setAuthFailureDelay} was given, or the default. */
    public Duration getAuthFailureDelay() {
        return authFailureDelay;
    }

    /**
     * How long the reply to a failed authentication waits. It doubles with each further failure from the same address, up
     * to 30 seconds; zero for no delay.
     */
    public SmtpServerOptions setAuthFailureDelay(Duration delay) {
        this.authFailureDelay = notNegative("authFailureDelay", delay);
        return this;
    }

    /** What {@link #setNet} was given, or the default. */
    public NetServerOptions getNet() {
        return net;
    }

    /** The options of the socket: backlog, buffer sizes, reuse of ports. Host and port in it are not used. */
    public SmtpServerOptions setNet(NetServerOptions net) {
        this.net = Objects.requireNonNull(net, "net");
        return this;
    }

    private static long notNegative(String property, long value) {
        if (value < 0) {
            throw notAllowed(property, value, "0 or more");
        }
        return value;
    }

    private static Duration notNegative(String property, Duration value) {
        if (value.isNegative() || value.compareTo(MAX_DURATION) > 0) {
            throw notAllowed(property, value, "zero to " + MAX_DURATION.toDays() + " days");
        }
        return value;
    }

    private static int positive(String property, int value) {
        if (value < 1) {
            throw notAllowed(property, value, "1 or more");
        }
        return value;
    }

    private static IllegalArgumentException notAllowed(String property, Object given, String allowed) {
        return new IllegalArgumentException(property + " is " + given + "; allowed is " + allowed);
    }

    /** As JSON, but without {@code tls}, which can hold keys and passwords. */
    @Override
    public String toString() {
        JsonObject json = toJson();
        json.remove("tls");
        return json.encode();
    }
}
