package io.postern.smtp.handlers.relay;

import io.postern.smtp.handlers.options.Checks;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a relay passes mail on to, and how. Durations are milliseconds in JSON. A setter refuses a value that makes no sense
 * with an {@link IllegalArgumentException} that names the property.
 */
public final class RelayOptions {

    /** The mechanisms of AUTH, the best first. */
    public static final List<String> DEFAULT_AUTH_MECHANISMS = List.of("SCRAM-SHA-256", "PLAIN");
    /** What one server takes from another without a thought; Postfix makes as many to one destination. */
    public static final int DEFAULT_MAX_CONNECTIONS = 20;
    /** Sessions that wait for a connection. */
    public static final int DEFAULT_MAX_WAITING = 1_000;
    /** As many as Postfix sends over one connection. */
    public static final int DEFAULT_MAX_MESSAGES_PER_CONNECTION = 100;
    /** Well below the five minutes that servers wait for a command (RFC 5321 §4.5.3.2.7). */
    public static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofSeconds(30);
    /** How long a session waits for a connection, its opening counted. */
    public static final Duration DEFAULT_ACQUIRE_TIMEOUT = Duration.ofMinutes(1);
    /** For the network. */
    public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(30);
    /** RFC 5321 §4.5.3.2.1: five minutes for the greeting. */
    public static final Duration DEFAULT_GREETING_TIMEOUT = Duration.ofMinutes(5);
    /**
     * RFC 5321 §4.5.3.2.2 and 3 give MAIL and RCPT five minutes each, but here a client waits behind, which may have no more
     * than that.
     */
    public static final Duration DEFAULT_COMMAND_TIMEOUT = Duration.ofMinutes(2);
    /** RFC 5321 §4.5.3.2.5: three minutes for a block of data. */
    public static final Duration DEFAULT_DATA_TIMEOUT = Duration.ofMinutes(3);
    /** RFC 5321 §4.5.3.2.6: ten minutes for the reply to a message. */
    public static final Duration DEFAULT_MESSAGE_TIMEOUT = Duration.ofMinutes(10);
    /** RFC 5321 §6.3 asks for at least 100. */
    public static final int DEFAULT_MAX_RECEIVED = 100;

    // what milliseconds of timers and sockets can hold
    private static final Duration MAX_DURATION = Duration.ofDays(24);
    private static final Set<String> KNOWN_MECHANISMS = Set.copyOf(DEFAULT_AUTH_MECHANISMS);
    private static final String HELO_NAME = "[A-Za-z0-9_.:\\[\\]-]{1,255}";

    private @Nullable NextHop nextHop;
    private @Nullable String heloName;
    private StartTlsPolicy startTls = StartTlsPolicy.OPPORTUNISTIC;
    private boolean implicitTls;
    private @Nullable String tlsName;
    private boolean verifyHostName = true;
    private List<String> trustedCertificates = List.of();
    private @Nullable String clientCertificate;
    private @Nullable String clientKey;
    private @Nullable String userName;
    private @Nullable String password;
    private List<String> authMechanisms = DEFAULT_AUTH_MECHANISMS;
    private boolean plainWithoutTls;
    private boolean chunking = true;
    private int maxConnections = DEFAULT_MAX_CONNECTIONS;
    private int maxWaiting = DEFAULT_MAX_WAITING;
    private int maxMessagesPerConnection = DEFAULT_MAX_MESSAGES_PER_CONNECTION;
    private Duration idleTimeout = DEFAULT_IDLE_TIMEOUT;
    private Duration acquireTimeout = DEFAULT_ACQUIRE_TIMEOUT;
    private Duration connectTimeout = DEFAULT_CONNECT_TIMEOUT;
    private Duration greetingTimeout = DEFAULT_GREETING_TIMEOUT;
    private Duration commandTimeout = DEFAULT_COMMAND_TIMEOUT;
    private Duration dataTimeout = DEFAULT_DATA_TIMEOUT;
    private Duration messageTimeout = DEFAULT_MESSAGE_TIMEOUT;
    private int maxReceived = DEFAULT_MAX_RECEIVED;
    private boolean received = true;
    private boolean peerField = true;

    /** Options with their defaults; the next hop is still to be set. */
    public RelayOptions() {}

    /** Options with their defaults and this next hop. */
    public RelayOptions(NextHop nextHop) {
        this.nextHop = nextHop;
    }

    /** A copy. */
    public RelayOptions(RelayOptions other) {
        nextHop = other.nextHop;
        heloName = other.heloName;
        startTls = other.startTls;
        implicitTls = other.implicitTls;
        tlsName = other.tlsName;
        verifyHostName = other.verifyHostName;
        trustedCertificates = other.trustedCertificates;
        clientCertificate = other.clientCertificate;
        clientKey = other.clientKey;
        userName = other.userName;
        password = other.password;
        authMechanisms = other.authMechanisms;
        plainWithoutTls = other.plainWithoutTls;
        chunking = other.chunking;
        maxConnections = other.maxConnections;
        maxWaiting = other.maxWaiting;
        maxMessagesPerConnection = other.maxMessagesPerConnection;
        idleTimeout = other.idleTimeout;
        acquireTimeout = other.acquireTimeout;
        connectTimeout = other.connectTimeout;
        greetingTimeout = other.greetingTimeout;
        commandTimeout = other.commandTimeout;
        dataTimeout = other.dataTimeout;
        messageTimeout = other.messageTimeout;
        maxReceived = other.maxReceived;
        received = other.received;
        peerField = other.peerField;
    }

    /**
     * Reads what {@link #toJson()} wrote; what is missing has its default.
     *
     * @throws IllegalArgumentException when a property is unknown or its value not allowed
     */
    public RelayOptions(JsonObject json) {
        RelayOptionsJson.read(json, this);
    }

    /** All properties that have a value under their names. */
    public JsonObject toJson() {
        return RelayOptionsJson.write(this);
    }

    /** What {@link #setNextHop} was given, or the default. */
    public Optional<NextHop> getNextHop() {
        return Optional.ofNullable(nextHop);
    }

    /** The server that mail is passed on to; there is no default. */
    public RelayOptions setNextHop(NextHop nextHop) {
        this.nextHop = Objects.requireNonNull(nextHop, "nextHop");
        return this;
    }

    /** What {@link #setHeloName} was given, or the default. */
    public Optional<String> getHeloName() {
        return Optional.ofNullable(heloName);
    }

    /** What the relay calls itself in EHLO; by default the name of this machine. */
    public RelayOptions setHeloName(String heloName) {
        if (!heloName.matches(HELO_NAME)) {
            throw Checks.notAllowed("heloName", '"' + heloName + '"', "a host name or an address literal in ASCII");
        }
        this.heloName = heloName;
        return this;
    }

    /** What {@link #setStartTls} was given, or the default. */
    public StartTlsPolicy getStartTls() {
        return startTls;
    }

    /**
     * Whether to encrypt with STARTTLS. The default is {@link StartTlsPolicy#OPPORTUNISTIC}; it has no say where
     * {@link #setImplicitTls TLS is implicit}.
     */
    public RelayOptions setStartTls(StartTlsPolicy startTls) {
        this.startTls = startTls;
        return this;
    }

    /** What {@link #setImplicitTls} was given, or the default. */
    public boolean isImplicitTls() {
        return implicitTls;
    }

    /**
     * Whether the connection begins with TLS, as on port 465 (RFC 8314); off by default. The certificate must be valid for
     * the next hop.
     */
    public RelayOptions setImplicitTls(boolean implicitTls) {
        this.implicitTls = implicitTls;
        return this;
    }

    /** What {@link #setTlsName} was given, or the default. */
    public Optional<String> getTlsName() {
        return Optional.ofNullable(tlsName);
    }

    /**
     * The name that the next hop's certificate must have, and that it is told (SNI); by default its host. For a Unix socket
     * it has to be given.
     */
    public RelayOptions setTlsName(String tlsName) {
        this.tlsName = Objects.requireNonNull(tlsName, "tlsName");
        return this;
    }

    /** What {@link #setVerifyHostName} was given, or the default. */
    public boolean isVerifyHostName() {
        return verifyHostName;
    }

    /**
     * Whether that name is looked at where a certificate has to be valid; on by default. Without it, any certificate that a
     * trusted authority has signed will do.
     */
    public RelayOptions setVerifyHostName(boolean verifyHostName) {
        this.verifyHostName = verifyHostName;
        return this;
    }

    /** What {@link #setTrustedCertificates} was given, or the default. */
    public List<String> getTrustedCertificates() {
        return trustedCertificates;
    }

    /**
     * Files in PEM with the authorities whose certificates are valid, or with the next hop's own; by default those that Java
     * trusts.
     */
    public RelayOptions setTrustedCertificates(List<String> trustedCertificates) {
        this.trustedCertificates = List.copyOf(trustedCertificates);
        return this;
    }

    /** What {@link #setClientCertificate} was given, or the default. */
    public Optional<String> getClientCertificate() {
        return Optional.ofNullable(clientCertificate);
    }

    /** A file in PEM with the certificate that the relay shows, if any; together with {@link #setClientKey}. */
    public RelayOptions setClientCertificate(String clientCertificate) {
        this.clientCertificate = Objects.requireNonNull(clientCertificate, "clientCertificate");
        return this;
    }

    /** What {@link #setClientKey} was given, or the default. */
    public Optional<String> getClientKey() {
        return Optional.ofNullable(clientKey);
    }

    /** A file in PEM with the key of {@link #setClientCertificate}. */
    public RelayOptions setClientKey(String clientKey) {
        this.clientKey = Objects.requireNonNull(clientKey, "clientKey");
        return this;
    }

    /** What {@link #setUserName} was given, or the default. */
    public Optional<String> getUserName() {
        return Optional.ofNullable(userName);
    }

    /**
     * As whom the relay logs in at the next hop (RFC 4954); by default it does not. With a name and a {@link #setPassword
     * password} it sends no mail before it has.
     */
    public RelayOptions setUserName(String userName) {
        if (userName.isEmpty() || userName.chars().anyMatch(Character::isISOControl)) {
            throw Checks.notAllowed("userName", "empty or has control characters", "a name");
        }
        this.userName = userName;
        return this;
    }

    /** What {@link #setPassword} was given, or the default. */
    public Optional<String> getPassword() {
        return Optional.ofNullable(password);
    }

    /** The password of {@link #setUserName}. It is part of {@link #toJson()}, but never of a log line. */
    public RelayOptions setPassword(String password) {
        if (password.isEmpty() || password.indexOf(0) >= 0) {
            throw new IllegalArgumentException("password is empty or has a NUL in it; allowed is any other text");
        }
        this.password = password;
        return this;
    }

    /** What {@link #setAuthMechanisms} was given, or the default. */
    public List<String> getAuthMechanisms() {
        return authMechanisms;
    }

    /**
     * The mechanisms to log in with, the best first: the first that the next hop offers is used. Known are {@code
     * SCRAM-SHA-256} and {@code PLAIN}, which is the default.
     */
    public RelayOptions setAuthMechanisms(List<String> authMechanisms) {
        if (authMechanisms.isEmpty() || !KNOWN_MECHANISMS.containsAll(authMechanisms)) {
            throw Checks.notAllowed("authMechanisms", authMechanisms, "one or more of " + DEFAULT_AUTH_MECHANISMS);
        }
        this.authMechanisms = List.copyOf(authMechanisms);
        return this;
    }

    /** What {@link #setPlainWithoutTls} was given, or the default. */
    public boolean isPlainWithoutTls() {
        return plainWithoutTls;
    }

    /**
     * Whether PLAIN, which tells the password, may be used although the connection is not encrypted, or nobody knows with
     * whom, as with {@link StartTlsPolicy#OPPORTUNISTIC}; off by default.
     */
    public RelayOptions setPlainWithoutTls(boolean plainWithoutTls) {
        this.plainWithoutTls = plainWithoutTls;
        return this;
    }

    /** What {@link #setChunking} was given, or the default. */
    public boolean isChunking() {
        return chunking;
    }

    /**
     * Whether messages go by BDAT to a next hop that offers CHUNKING (RFC 3030); on by default. Where that is not so they go
     * by DATA.
     */
    public RelayOptions setChunking(boolean chunking) {
        this.chunking = chunking;
        return this;
    }

    /** What {@link #setMaxConnections} was given, or the default. */
    public int getMaxConnections() {
        return maxConnections;
    }

    /** The most connections to the next hop. Each open transaction has one from its first recipient to its end. */
    public RelayOptions setMaxConnections(int maxConnections) {
        this.maxConnections = Checks.atLeast("maxConnections", maxConnections, 1);
        return this;
    }

    /** What {@link #setMaxWaiting} was given, or the default. */
    public int getMaxWaiting() {
        return maxWaiting;
    }

    /** The most sessions that may wait for a connection; further ones are answered {@code 451 4.4.5} at once. */
    public RelayOptions setMaxWaiting(int maxWaiting) {
        this.maxWaiting = Checks.atLeast("maxWaiting", maxWaiting, 0);
        return this;
    }

    /** What {@link #setMaxMessagesPerConnection} was given, or the default. */
    public int getMaxMessagesPerConnection() {
        return maxMessagesPerConnection;
    }

    /** After so many messages a connection is closed and a new one made. */
    public RelayOptions setMaxMessagesPerConnection(int maxMessagesPerConnection) {
        this.maxMessagesPerConnection = Checks.atLeast("maxMessagesPerConnection", maxMessagesPerConnection, 1);
        return this;
    }

    /** What {@link #setIdleTimeout} was given, or the default. */
    public Duration getIdleTimeout() {
        return idleTimeout;
    }

    /** How long a connection that nobody uses stays open for the next message. */
    public RelayOptions setIdleTimeout(Duration idleTimeout) {
        this.idleTimeout = positive("idleTimeout", idleTimeout);
        return this;
    }

    /** What {@link #setAcquireTimeout} was given, or the default. */
    public Duration getAcquireTimeout() {
        return acquireTimeout;
    }

    /**
     * How long a session waits for a connection, be it for a free one or for a new one to be ready; then it is answered
     * {@code 451 4.4.5}, or {@code 451 4.4.1} when the next hop does not answer.
     */
    public RelayOptions setAcquireTimeout(Duration acquireTimeout) {
        this.acquireTimeout = positive("acquireTimeout", acquireTimeout);
        return this;
    }

    /** What {@link #setConnectTimeout} was given, or the default. */
    public Duration getConnectTimeout() {
        return connectTimeout;
    }

    /** How long to try to connect, and how long a TLS handshake may take. */
    public RelayOptions setConnectTimeout(Duration connectTimeout) {
        this.connectTimeout = positive("connectTimeout", connectTimeout);
        return this;
    }

    /** What {@link #setGreetingTimeout} was given, or the default. */
    public Duration getGreetingTimeout() {
        return greetingTimeout;
    }

    /** How long to wait for the greeting. */
    public RelayOptions setGreetingTimeout(Duration greetingTimeout) {
        this.greetingTimeout = positive("greetingTimeout", greetingTimeout);
        return this;
    }

    /** What {@link #setCommandTimeout} was given, or the default. */
    public Duration getCommandTimeout() {
        return commandTimeout;
    }

    /** How long to wait for the reply to a command. */
    public RelayOptions setCommandTimeout(Duration commandTimeout) {
        this.commandTimeout = positive("commandTimeout", commandTimeout);
        return this;
    }

    /** What {@link #setDataTimeout} was given, or the default. */
    public Duration getDataTimeout() {
        return dataTimeout;
    }

    /** How long the next hop may read nothing of a message that waits for it. */
    public RelayOptions setDataTimeout(Duration dataTimeout) {
        this.dataTimeout = positive("dataTimeout", dataTimeout);
        return this;
    }

    /** What {@link #setMessageTimeout} was given, or the default. */
    public Duration getMessageTimeout() {
        return messageTimeout;
    }

    /**
     * How long to wait for the reply to a whole message. When it comes later the message was delivered although the client
     * was told to try again, so it should be long.
     */
    public RelayOptions setMessageTimeout(Duration messageTimeout) {
        this.messageTimeout = positive("messageTimeout", messageTimeout);
        return this;
    }

    /** What {@link #setMaxReceived} was given, or the default. */
    public int getMaxReceived() {
        return maxReceived;
    }

    /**
     * With how many {@code Received} fields a message may come; one with more is refused with {@code 554 5.4.6}, since it seems
     * to go round in circles (RFC 5321 §6.3).
     */
    public RelayOptions setMaxReceived(int maxReceived) {
        this.maxReceived = Checks.atLeast("maxReceived", maxReceived, 1);
        return this;
    }

    /** What {@link #setReceived} was given, or the default. */
    public boolean isReceived() {
        return received;
    }

    /** Whether a {@code Received} field is put on top of messages, as RFC 5321 §4.4 asks for; on by default. */
    public RelayOptions setReceived(boolean received) {
        this.received = received;
        return this;
    }

    /** What {@link #setPeerField} was given, or the default. */
    public boolean isPeerField() {
        return peerField;
    }

    /**
     * Whether an {@code X-Peer} field with the client's address is put on top of messages, as aiosmtpd's Proxy does, and those
     * of the client are left out; on by default.
     */
    public RelayOptions setPeerField(boolean peerField) {
        this.peerField = peerField;
        return this;
    }

    /**
     * Refuses what could never work.
     *
     * @throws IllegalArgumentException when properties do not fit together
     */
    void check() {
        if (nextHop == null) {
            throw new IllegalArgumentException("nextHop is not set; a relay needs one");
        }
        if ((userName == null) != (password == null)) {
            throw new IllegalArgumentException("of userName and password one is set; allowed are both or none");
        }
        if ((clientCertificate == null) != (clientKey == null)) {
            throw new IllegalArgumentException(
                    "of clientCertificate and clientKey one is set; allowed are both or none");
        }
        boolean verified = implicitTls || startTls == StartTlsPolicy.REQUIRED;
        if (verified && verifyHostName && tlsName == null && nextHop.address().isDomainSocket()) {
            throw new IllegalArgumentException(
                    "tlsName is not set; a Unix socket has no name that a certificate could be for");
        }
    }

    private static Duration positive(String property, Duration value) {
        if (value.toMillis() < 1 || value.compareTo(MAX_DURATION) > 0) {
            throw Checks.notAllowed(property, value, "a millisecond to " + MAX_DURATION.toDays() + " days");
        }
        return value;
    }
}
