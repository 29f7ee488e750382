package io.postern.smtp.protocol;

import io.postern.smtp.BodyType;
import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Sender;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** What was accepted between MAIL and the end of the message. There is a new one for each transaction. */
final class Transaction implements Envelope {

    private Optional<Sender> sender = Optional.empty();
    private final List<Recipient> recipients = new ArrayList<>(2);
    private final List<Recipient> shown = Collections.unmodifiableList(recipients);

    @Override
    public Optional<Sender> sender() {
        return sender;
    }

    @Override
    public List<Recipient> recipients() {
        return shown;
    }

    /** How many recipients were accepted. */
    int recipientCount() {
        return recipients.size();
    }

    @Override
    public boolean smtpUtf8() {
        return sender.isPresent() && sender.get().parameters().smtpUtf8();
    }

    /** Whether the sender declared a body without lines (RFC 3030). */
    boolean isBinary() {
        return sender.isPresent() && sender.get().parameters().body() == BodyType.BINARYMIME;
    }

    /** Whether the sender asked for a reply for each recipient. */
    boolean asksForPrdr() {
        return sender.isPresent() && sender.get().parameters().prdr();
    }

    void accept(Sender accepted) {
        sender = Optional.of(accepted);
    }

    void accept(Recipient accepted) {
        recipients.add(accepted);
    }

    @Override
    public String toString() {
        return "Envelope[from=" + sender.map(Sender::address).orElse("-") + ", to=" + rcptTos() + "]";
    }
}
