package io.postern.smtp.benchmarks;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.protocol.EngineExtension;
import io.postern.smtp.protocol.Output;
import io.postern.smtp.protocol.SmtpEngine;
import java.util.List;
import java.util.Optional;

/** A driver without a socket whose application says yes at once; it counts what passes, so that nothing is optimised away. */
final class SinkOutput implements Output {

    @SuppressWarnings("NullAway.Init") // set before the first use
    private SmtpEngine engine;

    private long octets;

    /** The engine that this output answers. */
    void connectTo(SmtpEngine newEngine) {
        engine = newEngine;
    }

    /** How many octets of replies and content passed. */
    long octets() {
        return octets;
    }

    @Override
    public void send(byte[] bytes, int from, int to) {
        octets += to - from;
    }

    @Override
    public void startTls(byte[] bytes, int from, int to) {
        throw new UnsupportedOperationException("STARTTLS is not offered");
    }

    @Override
    public void secured() {
        engine.answer(Replies.OK);
    }

    @Override
    public List<String> mechanisms() {
        return List.of();
    }

    @Override
    public void auth(String mechanism, Optional<byte[]> initialResponse) {
        engine.answer(Replies.AUTHENTICATED);
    }

    @Override
    public void authResponse(byte[] response) {
        engine.answer(Replies.AUTHENTICATED);
    }

    @Override
    public void authAborted() {
        throw new IllegalStateException("the exchange was aborted");
    }

    @Override
    public boolean isFollowed() {
        return false;
    }

    @Override
    public void received(String line) {
        throw new IllegalStateException("nobody wants to know of command lines");
    }

    @Override
    public void connect() {
        engine.answer(Reply.of(220, "bench.example ESMTP"));
    }

    @Override
    public void helo(String hostName) {
        engine.answer(Replies.OK);
    }

    @Override
    public void ehlo(String hostName, EhloReply planned) {
        engine.answer(planned);
    }

    @Override
    public void mail(Envelope envelope, Sender sender) {
        engine.answer(Replies.SENDER_OK);
    }

    @Override
    public void rcpt(Envelope envelope, Recipient recipient) {
        engine.answer(Replies.RECIPIENT_OK);
    }

    @Override
    public void rset(Envelope envelope) {
        engine.answer(Replies.OK);
    }

    @Override
    public void noop(String argument) {
        engine.answer(Replies.OK);
    }

    @Override
    public void vrfy(String address) {
        engine.answer(Replies.CANNOT_VRFY);
    }

    @Override
    public void expn(String list) {
        engine.answer(Replies.EXPN_NOT_IMPLEMENTED);
    }

    @Override
    public void help(String topic, Reply planned) {
        engine.answer(planned);
    }

    @Override
    public void quit() {
        engine.answer(Replies.BYE);
    }

    @Override
    public boolean offers(EngineExtension extension) {
        return true;
    }

    @Override
    public void extension(EngineExtension extension, Envelope envelope, String argument) {
        engine.answer(Replies.OK);
    }

    @Override
    public void bodyStart(Envelope envelope, boolean eachRecipient) {
        engine.bodyReady();
    }

    @Override
    public void body(byte[] bytes, int from, int to) {
        octets += to - from;
    }

    @Override
    public void bodyEnd() {
        engine.bodyAnswer(Replies.MESSAGE_ACCEPTED);
    }

    @Override
    public void bodyFailed(String reason) {
        throw new IllegalStateException(reason);
    }

    @Override
    public void close() {
        throw new IllegalStateException("the session was closed");
    }
}
