package io.postern.smtp;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.SSLSession;

/**
 * Answers the questions that a server asks while it talks with a client. Every hook has a default; implement those that
 * you care about.
 *
 * <p>Hooks are called on the {@link Session#context() context} of the session, one at a time for a connection: the next
 * command waits until the hook's Future has completed, and the reply that it gives is what the client reads. A Future may
 * be completed on any thread. The context is an event loop, which a hook must not block, unless the server was deployed on
 * worker or virtual threads: there a hook may block, and holds up its own connection only. A handler object that serves
 * several connections is then called by several threads at a time.
 *
 * <p>A hook refuses by giving a 4xx or 5xx reply or by failing with {@link SmtpException}. When it fails otherwise, throws,
 * gives no reply, or takes longer than {@link SmtpServerOptions#getHandlerTimeout()}, the client reads {@code 451 4.3.0},
 * and the cause goes to the log. A reply 421 ends the connection.
 *
 * <p>A hook is asked only about commands that are well formed, in order and within the limits; what is wrong by RFC 5321
 * the server refuses itself. Values that a 2xx reply accepted are recorded in the {@link Envelope} by the library.
 */
public interface SmtpHandler {

    /**
     * A client has connected. The reply is the greeting: 220 goes on, 554 refuses the client but lets it say QUIT, 421
     * closes the connection (RFC 5321 §3.1). The default is {@link Session#greeting()}.
     *
     * <p>It is asked once more each time that an extension has named another client, see {@link ClientOverride}; for the
     * connection {@link #handleDisconnect} is called once.
     */
    default Future<Reply> handleConnect(Session session) {
        return Future.succeededFuture(session.greeting());
    }

    /**
     * The connection comes through a proxy that has said where from. Called before {@link #handleConnect}.
     *
     * @return whether to go on; if not, the connection is closed without a word. The default goes on.
     */
    default Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
        return Future.succeededFuture(true);
    }

    /**
     * The connection should have begun with the header of a proxy, but it was malformed, late or missing. The connection is
     * closed without a word; of the other hooks only {@link #handleDisconnect} is called for it. The default does nothing.
     *
     * @param session its peer is the proxy, or who pretends to be one
     * @param reason what was wrong, for a log; it holds nothing that the peer sent
     */
    default void handleProxyFailure(Session session, String reason) {}

    /** HELO. The default is {@code 250} and the server's name. */
    default Future<Reply> handleHelo(Session session, String hostName) {
        return Future.succeededFuture(Reply.of(250, session.serverName()));
    }

    /**
     * EHLO, or LHLO in LMTP. The default gives {@code planned} back.
     *
     * @param hostName what the client calls itself
     * @param planned the extensions that hold now; give it back changed to add or take away lines
     */
    default Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
        return Future.succeededFuture(planned);
    }

    /**
     * The connection has been encrypted by STARTTLS. The default accepts.
     *
     * @param tls protocol, cipher suite and client certificate
     * @return whether they will do; if not, every command but QUIT is answered {@code 554 5.7.0} (RFC 3207 §4.1)
     */
    default Future<Boolean> handleStartTls(Session session, SSLSession tls) {
        return Future.succeededFuture(true);
    }

    /** MAIL. The default accepts. After a 2xx reply {@code sender} is recorded in the envelope. */
    default Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
        return Answers.SENDER_OK;
    }

    /** RCPT. The default accepts. After a 2xx reply {@code recipient} is recorded in the envelope. */
    default Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        return Answers.RECIPIENT_OK;
    }

    /**
     * A message, by DATA or BDAT. Its reply is the answer to the whole message.
     *
     * <p>The body is streamed: it is handed over as it arrives, without the dots that RFC 5321 §4.5.2 adds, and is read
     * from the network only as fast as the stream is consumed. It waits until a handler is set. Its end means that the
     * message is whole. If the client goes away, gives up, or sends what cannot be accepted, the stream fails instead and
     * the hook's answer is no longer wanted. A hook may answer before the end, then what remains is read and dropped. When
     * it has refused by the time it returns, and has not begun to read, the client gets its reply instead of 354.
     *
     * <p>The handlers of the stream are called on the context of the session. On a virtual thread the hook may therefore
     * await the end of the stream; one that blocks a worker thread until then waits in vain.
     *
     * <p>The default answers {@code 451 4.3.0}, so that a handler that forgot this hook loses no mail.
     *
     * @param body the content; its buffers share memory with what was read from the network, up to 64 KiB each: copy what
     *     you keep of them
     */
    default Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return Answers.NOT_STORED;
    }

    /**
     * A message that is answered for each recipient: the server asks this in place of {@link #handleData} when it speaks
     * LMTP (RFC 2033 §4.2), and in SMTP when the client has asked for it with PRDR. In all else it is like
     * {@code handleData}, of the body and of early answers as well. When it has refused for all by the time it returns, the
     * client gets one of the replies instead of 354.
     *
     * <p>The default asks {@code handleData} and gives its reply for each recipient.
     *
     * @return a 2xx, 4xx or 5xx reply for each of {@link Envelope#recipients()}, in their order; anything else is a failure
     *     of the hook. A hook that fails is answered as always, for each recipient the same. After a 421 among the
     *     replies the connection closes, when all of them have been said.
     */
    default Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return handleData(session, envelope, body)
                .map(reply -> Collections.nCopies(envelope.recipients().size(), reply));
    }

    /**
     * Whether {@link #handleData} holds on to what it reads of a message until it has answered, as one does that collects
     * messages. All octets of a message that is held count towards {@link SmtpServerOptions#setMaxBytesInFlight}; of one
     * that is passed on as it comes, only those count that wait for the handler. The default is true. Asked for each message
     * on the connection's event loop, so that it should just return a value.
     */
    default boolean holdsMessages() {
        return true;
    }

    /** RSET. The transaction is over, whatever the reply; {@code envelope} is what it had gathered. */
    default Future<Reply> handleRset(Session session, Envelope envelope) {
        return Answers.OK;
    }

    /** NOOP. */
    default Future<Reply> handleNoop(Session session, String argument) {
        return Answers.OK;
    }

    /** VRFY. The default is 252: neither yes nor no (RFC 5321 §3.5.3). */
    default Future<Reply> handleVrfy(Session session, String address) {
        return Answers.CANNOT_VRFY;
    }

    /** EXPN. The default is {@code 502}. */
    default Future<Reply> handleExpn(Session session, String list) {
        return Answers.EXPN_NOT_IMPLEMENTED;
    }

    /**
     * HELP. The default gives {@code planned} back.
     *
     * @param topic what the client asks about, empty for the list of commands
     * @param planned the list, the syntax of the command, or a refusal of an unknown topic
     */
    default Future<Reply> handleHelp(Session session, String topic, Reply planned) {
        return Future.succeededFuture(planned);
    }

    /** QUIT. The connection closes after the reply, whatever it is. */
    default Future<Reply> handleQuit(Session session) {
        return Answers.BYE;
    }

    /**
     * A hook has failed with something else than {@link SmtpException}; the failure is in the log already.
     *
     * @return what the client reads, by default {@code 451 4.3.0}. It should not tell what went wrong inside.
     */
    default Reply handleException(Session session, Throwable failure) {
        return Replies.HANDLER_FAILED;
    }

    /**
     * The connection has ended, by whomever and for whatever reason. Called once for every connection, when all other
     * hooks that were called have returned; also for one that ended before {@link #handleConnect}, in its TLS handshake for
     * example.
     */
    default void handleDisconnect(Session session) {}
}
