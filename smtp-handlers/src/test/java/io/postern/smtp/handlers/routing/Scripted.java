package io.postern.smtp.handlers.routing;

import io.postern.smtp.Envelope;
import io.postern.smtp.ProxyInfo;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.testkit.RecordingHandler;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** Notes in a list that it shares with others what it is asked, and answers as it is told to. */
class Scripted extends RecordingHandler {

    private final String name;
    private final List<String> log;
    private final Map<String, Supplier<Future<Reply>>> answers = new ConcurrentHashMap<>();
    final List<Envelope> envelopes = new CopyOnWriteArrayList<>();

    Scripted(String name, List<String> log) {
        this.name = name;
        this.log = log;
    }

    Scripted answering(String hook, Reply reply) {
        return answering(hook, () -> Future.succeededFuture(reply));
    }

    Scripted answering(String hook, Supplier<Future<Reply>> answer) {
        answers.put(hook, answer);
        return this;
    }

    private Future<Reply> asked(String hook, String argument, Supplier<Future<Reply>> otherwise) {
        log.add((name + " " + hook + " " + argument).strip());
        return answers.getOrDefault(hook, otherwise).get();
    }

    @Override
    public Future<Reply> handleConnect(Session session) {
        return asked("connect", "", () -> super.handleConnect(session));
    }

    @Override
    public Future<Boolean> handleProxy(Session session, ProxyInfo proxy) {
        return asked("proxy", "", () -> Future.succeededFuture(Reply.ok())).map(Reply::isPositive);
    }

    @Override
    public void handleProxyFailure(Session session, String reason) {
        log.add(name + " proxyFailure");
    }

    @Override
    public Future<Reply> handleHelo(Session session, String hostName) {
        return asked("helo", hostName, () -> super.handleHelo(session, hostName));
    }

    @Override
    public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
        envelopes.add(envelope);
        return asked("mail", sender.address(), () -> super.handleMail(session, envelope, sender));
    }

    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        return asked("rcpt", recipient.address(), () -> super.handleRcpt(session, envelope, recipient));
    }

    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        envelopes.add(envelope);
        return asked("data", envelope.rcptTos().toString(), () -> super.handleData(session, envelope, body));
    }

    @Override
    public Future<Reply> handleRset(Session session, Envelope envelope) {
        return asked("rset", envelope.rcptTos().toString(), () -> super.handleRset(session, envelope));
    }

    @Override
    public Future<Reply> handleNoop(Session session, String argument) {
        return asked("noop", argument, () -> super.handleNoop(session, argument));
    }

    @Override
    public Future<Reply> handleVrfy(Session session, String address) {
        return asked("vrfy", address, () -> super.handleVrfy(session, address));
    }

    @Override
    public Future<Reply> handleExpn(Session session, String list) {
        return asked("expn", list, () -> super.handleExpn(session, list));
    }

    @Override
    public Future<Reply> handleQuit(Session session) {
        return asked("quit", "", () -> super.handleQuit(session));
    }

    @Override
    public void handleDisconnect(Session session) {
        log.add(name + " disconnect");
    }
}
