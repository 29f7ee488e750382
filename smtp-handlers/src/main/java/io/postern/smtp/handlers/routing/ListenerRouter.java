package io.postern.smtp.handlers.routing;

import io.netty.util.NetUtil;
import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.options.Checks;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.streams.ReadStream;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Leads each session, as a whole, to the handler of the address that its client connected to: one set of handlers for
 * several listeners.
 *
 * <pre>{@code
 * SmtpHandler router = ListenerRouter.builder()
 *         .port(25, fromOutside)
 *         .port(587, submission)
 *         .unixSocket("/run/postern/lmtp", mailboxes)
 *         .build();
 * }</pre>
 *
 * <p>The first rule that fits counts. It is found with the first hook of the session, and holds to its end; behind a proxy
 * the address is the one that the proxy names. A session that no rule fits is refused with {@code 421 4.3.2}, unless there
 * is a handler for all others.
 */
public final class ListenerRouter implements SmtpHandler {

    /** For sessions that no rule fits. What is not set up yet may be tomorrow, so that it is no 5xx. */
    private static final SmtpHandler NOBODY = new SmtpHandler() {
        @Override
        public Future<Reply> handleConnect(Session session) {
            return Future.succeededFuture(Reply.of(421, "4.3.2", "No service at this address"));
        }

        @Override
        public boolean holdsMessages() {
            return false;
        }
    };

    private record Rule(Predicate<Session> fits, SmtpHandler handler) {}

    private final List<Rule> rules;
    private final SmtpHandler otherwise;
    private final ConcurrentMap<String, SmtpHandler> sessions = new ConcurrentHashMap<>();

    private ListenerRouter(Builder builder) {
        this.rules = List.copyOf(builder.rules);
        this.otherwise = builder.otherwise;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects rules; see {@link ListenerRouter}. */
    public static final class Builder {

        private final List<Rule> rules = new ArrayList<>();
        private SmtpHandler otherwise = NOBODY;

        private Builder() {}

        /**
         * Sessions of this port, whatever the address.
         *
         * @throws IllegalArgumentException when it is not 1 to 65535
         */
        public Builder port(int port, SmtpHandler handler) {
            checkPort(port);
            return when(
                    session -> session.local().isInetSocket() && session.local().port() == port, handler);
        }

        /**
         * Sessions of this address, whatever the port.
         *
         * @param address an IPv4 or IPv6 address
         * @throws IllegalArgumentException when it is not one
         */
        public Builder address(String address, SmtpHandler handler) {
            InetAddress wanted = parse(address);
            return when(session -> wanted.equals(addressOf(session.local())), handler);
        }

        /** Sessions of this address and port; see the two methods for one of them. */
        public Builder address(String address, int port, SmtpHandler handler) {
            checkPort(port);
            InetAddress wanted = parse(address);
            return when(
                    session -> session.local().port() == port && wanted.equals(addressOf(session.local())), handler);
        }

        /** Sessions of the Unix socket with this path, written as in the options of the server. */
        public Builder unixSocket(String path, SmtpHandler handler) {
            return when(
                    session -> session.local().isDomainSocket()
                            && path.equals(session.local().path()),
                    handler);
        }

        /** Sessions of servers with this name, in any case; see {@link Session#serverName()}. */
        public Builder serverName(String name, SmtpHandler handler) {
            return when(session -> session.serverName().equalsIgnoreCase(name), handler);
        }

        /** Sessions that fit; asked on the context of the session, so that it should just return a value. */
        public Builder when(Predicate<Session> fits, SmtpHandler handler) {
            rules.add(new Rule(fits, handler));
            return this;
        }

        /** All other sessions. */
        public Builder otherwise(SmtpHandler handler) {
            otherwise = handler;
            return this;
        }

        /** @throws IllegalArgumentException when there is no rule */
        public ListenerRouter build() {
            if (rules.isEmpty()) {
                throw new IllegalArgumentException("rules is empty; at least one is needed");
            }
            return new ListenerRouter(this);
        }

        private static void checkPort(int port) {
            Checks.within("port", port, 1, 65_535);
        }

        private static InetAddress parse(String address) {
            InetAddress parsed = NetUtil.createInetAddressFromIpAddressString(address);
            if (parsed == null) {
                throw new IllegalArgumentException(
                        "address is \"" + address + "\"; expected is an IPv4 or IPv6 address");
            }
            return parsed;
        }
    }

    private static @Nullable InetAddress addressOf(SocketAddress local) {
        String host = local.isInetSocket() ? local.hostAddress() : null;
        return host == null ? null : NetUtil.createInetAddressFromIpAddressString(host);
    }

    private SmtpHandler handler(Session session) {
        return sessions.computeIfAbsent(session.id(), id -> find(session));
    }

    private SmtpHandler find(Session session) {
        return rules.stream()
                .filter(rule -> rule.fits().test(session))
                .findFirst()
                .map(Rule::handler)
                .orElse(otherwise);
    }

    @Override
    public Future<Reply> handleConnect(Session session) {
        return handler(session).handleConnect(session);
    }

    @Override
    public Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
        return handler(session).handleProxy(session, proxy);
    }

    @Override
    public void handleProxyFailure(Session session, String reason) {
        handler(session).handleProxyFailure(session, reason);
    }

    @Override
    public Future<Reply> handleHelo(Session session, String hostName) {
        return handler(session).handleHelo(session, hostName);
    }

    @Override
    public Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
        return handler(session).handleEhlo(session, hostName, planned);
    }

    @Override
    public Future<Boolean> handleStartTls(Session session, SSLSession tls) {
        return handler(session).handleStartTls(session, tls);
    }

    @Override
    public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
        return handler(session).handleMail(session, envelope, sender);
    }

    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        return handler(session).handleRcpt(session, envelope, recipient);
    }

    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return handler(session).handleData(session, envelope, body);
    }

    @Override
    public Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return handler(session).handleDataPerRecipient(session, envelope, body);
    }

    /** Whether one of the handlers does. */
    @Override
    public boolean holdsMessages() {
        return otherwise.holdsMessages()
                || rules.stream().anyMatch(rule -> rule.handler().holdsMessages());
    }

    @Override
    public Future<Reply> handleRset(Session session, Envelope envelope) {
        return handler(session).handleRset(session, envelope);
    }

    @Override
    public Future<Reply> handleNoop(Session session, String argument) {
        return handler(session).handleNoop(session, argument);
    }

    @Override
    public Future<Reply> handleVrfy(Session session, String address) {
        return handler(session).handleVrfy(session, address);
    }

    @Override
    public Future<Reply> handleExpn(Session session, String list) {
        return handler(session).handleExpn(session, list);
    }

    @Override
    public Future<Reply> handleHelp(Session session, String topic, Reply planned) {
        return handler(session).handleHelp(session, topic, planned);
    }

    @Override
    public Future<Reply> handleQuit(Session session) {
        return handler(session).handleQuit(session);
    }

    @Override
    public Reply handleException(Session session, Throwable failure) {
        SmtpHandler known = sessions.get(session.id());
        return (known == null ? find(session) : known).handleException(session, failure);
    }

    @Override
    public void handleDisconnect(Session session) {
        SmtpHandler known = sessions.remove(session.id());
        (known == null ? find(session) : known).handleDisconnect(session);
    }

    /** How many sessions it knows of, for tests that nothing is left behind. */
    int openSessions() {
        return sessions.size();
    }
}
