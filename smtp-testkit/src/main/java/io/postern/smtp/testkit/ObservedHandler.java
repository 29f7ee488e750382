package io.postern.smtp.testkit;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Notes what a handler is told, and asks it. What it answers, or that it throws, is left as it is. */
final class ObservedHandler implements SmtpHandler {

    private final SmtpHandler handler;
    private final Consumer<Session> onSession;
    private final List<String> told = new ArrayList<>();
    private @Nullable ObservedBody body;

    /** @param onSession called with the session of each question */
    ObservedHandler(SmtpHandler handler, Consumer<Session> onSession) {
        this.handler = handler;
        this.onSession = onSession;
    }

    List<String> told() {
        return List.copyOf(told);
    }

    Optional<ObservedBody> body() {
        return Optional.ofNullable(body);
    }

    private void note(Session session, String verb, String argument) {
        onSession.accept(session);
        told.add(argument.isEmpty() ? verb : verb + " " + argument);
    }

    private ObservedBody observe(Session session, ReadStream<Buffer> stream) {
        note(session, "DATA", "");
        ObservedBody observed = new ObservedBody(stream, session.context());
        body = observed;
        return observed;
    }

    @Override
    public Future<Reply> handleConnect(Session session) {
        note(session, "CONNECT", "");
        return handler.handleConnect(session);
    }

    @Override
    public Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
        note(session, "PROXY", proxy.source().toString());
        return handler.handleProxy(session, proxy);
    }

    @Override
    public void handleProxyFailure(Session session, String reason) {
        note(session, "PROXY FAILURE", reason);
        handler.handleProxyFailure(session, reason);
    }

    @Override
    public Future<Reply> handleHelo(Session session, String hostName) {
        note(session, "HELO", hostName);
        return handler.handleHelo(session, hostName);
    }

    @Override
    public Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
        note(session, "EHLO", hostName);
        return handler.handleEhlo(session, hostName, planned);
    }

    @Override
    public Future<Boolean> handleStartTls(Session session, SSLSession tls) {
        note(session, "STARTTLS", "");
        return handler.handleStartTls(session, tls);
    }

    @Override
    public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
        note(session, "MAIL", line(sender.address(), sender.parameters().text()));
        return handler.handleMail(session, envelope, sender);
    }

    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        note(session, "RCPT", line(recipient.address(), recipient.parameters().text()));
        return handler.handleRcpt(session, envelope, recipient);
    }

    private static String line(String address, String parameters) {
        return parameters.isEmpty() ? address : address + " " + parameters;
    }

    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> stream) {
        return handler.handleData(session, envelope, observe(session, stream));
    }

    @Override
    public Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> stream) {
        return handler.handleDataPerRecipient(session, envelope, observe(session, stream));
    }

    @Override
    public boolean holdsMessages() {
        return handler.holdsMessages();
    }

    @Override
    public Future<Reply> handleRset(Session session, Envelope envelope) {
        note(session, "RSET", "");
        return handler.handleRset(session, envelope);
    }

    @Override
    public Future<Reply> handleNoop(Session session, String argument) {
        note(session, "NOOP", argument);
        return handler.handleNoop(session, argument);
    }

    @Override
    public Future<Reply> handleVrfy(Session session, String address) {
        note(session, "VRFY", address);
        return handler.handleVrfy(session, address);
    }

    @Override
    public Future<Reply> handleExpn(Session session, String list) {
        note(session, "EXPN", list);
        return handler.handleExpn(session, list);
    }

    @Override
    public Future<Reply> handleHelp(Session session, String topic, Reply planned) {
        note(session, "HELP", topic);
        return handler.handleHelp(session, topic, planned);
    }

    @Override
    public Future<Reply> handleQuit(Session session) {
        note(session, "QUIT", "");
        return handler.handleQuit(session);
    }

    @Override
    public Reply handleException(Session session, Throwable failure) {
        note(session, "EXCEPTION", failure.toString());
        return handler.handleException(session, failure);
    }

    @Override
    public void handleDisconnect(Session session) {
        note(session, "DISCONNECT", "");
        handler.handleDisconnect(session);
    }
}
