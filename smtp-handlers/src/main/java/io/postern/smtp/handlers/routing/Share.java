package io.postern.smtp.handlers.routing;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The part of a transaction that one route has, as the envelope that its handler sees. */
final class Share implements Envelope {

    private final Envelope whole;
    private final Route route;
    private final List<Recipient> recipients = new ArrayList<>(2);
    private @Nullable Reply answerToSender;

    Share(Envelope whole, Route route) {
        this.whole = whole;
        this.route = route;
    }

    Route route() {
        return route;
    }

    /** What the handler has said to the sender; empty while it has said nothing. */
    Optional<Reply> answerToSender() {
        return Optional.ofNullable(answerToSender);
    }

    void answerToSender(Reply answer) {
        answerToSender = answer;
    }

    void add(Recipient recipient) {
        recipients.add(recipient);
    }

    @Override
    public Optional<Sender> sender() {
        return answerToSender != null && answerToSender.isPositive() ? whole.sender() : Optional.empty();
    }

    @Override
    public List<Recipient> recipients() {
        return Collections.unmodifiableList(recipients);
    }

    @Override
    public String toString() {
        return "Envelope[from=" + sender().map(Sender::address).orElse("-") + ", to=" + rcptTos() + "]";
    }
}
