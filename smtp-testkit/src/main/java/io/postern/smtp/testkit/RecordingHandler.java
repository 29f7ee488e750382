package io.postern.smtp.testkit;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.testkit.tap.ServerTap;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;

/**
 * Accepts everything and keeps it: each question it was asked, and each message with envelope and exact content. To refuse
 * something, override that hook, and call it on {@code super} where the question should be kept too.
 *
 * <pre>{@code
 * RecordingHandler handler = new RecordingHandler();
 * try (TestSmtpServer server = TestSmtpServer.start(handler)) {
 *     // ... have mail sent to server.port()
 *     ReceivedMessage message = handler.await(1, Duration.ofSeconds(5)).get(0);
 * }
 * }</pre>
 *
 * <p>One handler may serve any number of servers; its methods may be called from any thread.
 */
public class RecordingHandler implements SmtpHandler, MessageSource {

    private final Inbox inbox = new Inbox();
    private final List<String> events = new ArrayList<>();
    private final InstantSource clock;

    /** Has nothing recorded yet. */
    public RecordingHandler() {
        this(InstantSource.system());
    }

    /**
     * Has nothing recorded yet.
     *
     * @param clock tells when a message {@linkplain ReceivedMessage#receivedAt() arrived}, such as a {@link MovableClock}
     */
    public RecordingHandler(InstantSource clock) {
        this.clock = clock;
    }

    /** The messages so far, to wait for more of them. */
    public final Inbox inbox() {
        return inbox;
    }

    @Override
    public final void observe(Consumer<? super ReceivedMessage> observer) {
        inbox.observe(observer);
    }

    /** The messages so far, the oldest first. */
    public final List<ReceivedMessage> messages() {
        return inbox.messages();
    }

    /**
     * What was asked so far, over all sessions, the oldest first: a verb and its argument, such as {@code CONNECT},
     * {@code EHLO client.example}, {@code MAIL a@b.example SIZE=100}, {@code DATA}, {@code ABORTED} with a reason, or
     * {@code DISCONNECT}.
     */
    public final List<String> events() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }

    /** Forgets everything so far. */
    public final void clear() {
        inbox.clear();
        synchronized (events) {
            events.clear();
        }
    }

    /**
     * Blocks until at least {@code count} messages have arrived.
     *
     * @return all messages so far
     * @throws AssertionError when they have not within {@code timeout}; it lists what did arrive, and what was asked
     * @throws IllegalStateException on an event loop, where waiting would keep them from arriving
     */
    public final List<ReceivedMessage> await(int count, Duration timeout) {
        try {
            return inbox.await(count, timeout);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + asked(), e);
        }
    }

    private String asked() {
        List<String> asked = events();
        return asked.isEmpty() ? "\nnobody connected" : "\nwhat was asked:\n  " + String.join("\n  ", asked);
    }

    private void record(String event) {
        synchronized (events) {
            events.add(event);
        }
    }

    private static String line(String verb, String argument) {
        return argument.isEmpty() ? verb : verb + " " + argument;
    }

    @Override
    public Future<Reply> handleConnect(Session session) {
        record("CONNECT");
        return SmtpHandler.super.handleConnect(session);
    }

    @Override
    public Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
        record("PROXY " + proxy.source());
        return SmtpHandler.super.handleProxy(session, proxy);
    }

    @Override
    public Future<Reply> handleHelo(Session session, String hostName) {
        record("HELO " + hostName);
        return SmtpHandler.super.handleHelo(session, hostName);
    }

    @Override
    public Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
        record("EHLO " + hostName);
        return SmtpHandler.super.handleEhlo(session, hostName, planned);
    }

    @Override
    public Future<Boolean> handleStartTls(Session session, SSLSession tls) {
        record("STARTTLS");
        return SmtpHandler.super.handleStartTls(session, tls);
    }

    @Override
    public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
        record(line("MAIL " + sender.address(), sender.parameters().text()));
        return SmtpHandler.super.handleMail(session, envelope, sender);
    }

    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        record(line("RCPT " + recipient.address(), recipient.parameters().text()));
        return SmtpHandler.super.handleRcpt(session, envelope, recipient);
    }

    /** Keeps the whole message in memory and answers {@code 250} when it is complete. */
    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        record("DATA");
        Buffer content = Buffer.buffer();
        Promise<Reply> reply = Promise.promise();
        body.exceptionHandler(cause -> {
            record("ABORTED " + cause.getMessage());
            reply.tryFail(cause);
        });
        body.endHandler(end -> {
            inbox.add(
                    new ReceivedMessage(session, envelope, content, clock.instant(), ServerTap.transcriptOf(session)));
            reply.tryComplete(Replies.MESSAGE_ACCEPTED);
        });
        body.handler(content::appendBuffer);
        return reply.future();
    }

    @Override
    public Future<Reply> handleRset(Session session, Envelope envelope) {
        record("RSET");
        return SmtpHandler.super.handleRset(session, envelope);
    }

    @Override
    public Future<Reply> handleNoop(Session session, String argument) {
        record(line("NOOP", argument));
        return SmtpHandler.super.handleNoop(session, argument);
    }

    @Override
    public Future<Reply> handleVrfy(Session session, String address) {
        record("VRFY " + address);
        return SmtpHandler.super.handleVrfy(session, address);
    }

    @Override
    public Future<Reply> handleExpn(Session session, String list) {
        record("EXPN " + list);
        return SmtpHandler.super.handleExpn(session, list);
    }

    @Override
    public Future<Reply> handleHelp(Session session, String topic, Reply planned) {
        record(line("HELP", topic));
        return SmtpHandler.super.handleHelp(session, topic, planned);
    }

    @Override
    public Future<Reply> handleQuit(Session session) {
        record("QUIT");
        return SmtpHandler.super.handleQuit(session);
    }

    @Override
    public void handleDisconnect(Session session) {
        record("DISCONNECT");
    }
}
