package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.BodyType;
import io.postern.smtp.DsnNotify;
import io.postern.smtp.DsnReturn;
import io.postern.smtp.MailParameters;
import io.postern.smtp.Mailbox;
import io.postern.smtp.OriginalRecipient;
import io.postern.smtp.RcptParameters;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.handlers.eventbus.Frame.Abort;
import io.postern.smtp.handlers.eventbus.Frame.Answer;
import io.postern.smtp.handlers.eventbus.Frame.Content;
import io.postern.smtp.handlers.eventbus.Frame.More;
import io.postern.smtp.handlers.eventbus.Frame.Offer;
import io.postern.smtp.handlers.eventbus.Frame.Part;
import io.postern.smtp.handlers.eventbus.Frame.Question;
import io.postern.smtp.handlers.eventbus.Frame.Wait;
import io.postern.smtp.sasl.Identity;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Frames with all that can be in them, and with as little as can be. */
final class Samples {

    static final BusSession FULL_SESSION = new BusSession(
            "s-1",
            "mx.example.org",
            true,
            SocketAddress.inetSocketAddress(40_001, "2001:db8::1"),
            Optional.of("client.example.org"),
            Optional.of(new BusTls("TLSv1.3", "TLS_AES_256_GCM_SHA384", Optional.of("CN=client"))),
            Optional.of(Identity.of("anne").actingFor("bart")));
    static final BusSession EMPTY_SESSION = new BusSession(
            "s-2",
            "mx",
            false,
            SocketAddress.domainSocketAddress("/run/mx"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    static final Sender FULL_SENDER = new Sender(
            Optional.of(Mailbox.of("\"a b\"@ex\u00e4mple.org")),
            new MailParameters(
                    OptionalLong.of(12_345_678_901L),
                    BodyType.BINARYMIME,
                    true,
                    true,
                    Optional.of(DsnReturn.HDRS),
                    Optional.of("id+1"),
                    Optional.of("<>"),
                    "SIZE=12345678901 BODY=BINARYMIME SMTPUTF8 PRDR RET=HDRS ENVID=id+2B1 AUTH=<>"));
    static final Sender NULL_SENDER = new Sender(Optional.empty(), MailParameters.NONE);
    static final Recipient FULL_RECIPIENT = new Recipient(
            Mailbox.of("b@example.org"),
            new RcptParameters(
                    Optional.of(Set.of(DsnNotify.DELAY, DsnNotify.SUCCESS)),
                    Optional.of(new OriginalRecipient("rfc822", "c@example.org")),
                    "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c@example.org"));
    static final Recipient NEVER_NOTIFIED = new Recipient(
            Mailbox.of("postmaster"), new RcptParameters(Optional.of(Set.of()), Optional.empty(), "NOTIFY=NEVER"));
    static final Recipient PLAIN_RECIPIENT = new Recipient(Mailbox.of("d@[192.0.2.1]"), RcptParameters.NONE);

    private Samples() {}

    static BusEnvelope fullEnvelope() {
        return new BusEnvelope(
                "m-1",
                FULL_SESSION,
                true,
                Optional.of(FULL_SENDER),
                List.of(FULL_RECIPIENT, NEVER_NOTIFIED, PLAIN_RECIPIENT));
    }

    static List<Frame> frames() {
        Content content = new Content(List.of(Buffer.buffer("Subject: hi\r\n\r\nhello\r\n")), true);
        return List.of(
                new Offer(fullEnvelope(), 10_000, content),
                new Offer(
                        new BusEnvelope("m-2", EMPTY_SESSION, false, Optional.of(NULL_SENDER), List.of()),
                        1,
                        new Content(List.of(), false)),
                new Part(content),
                Part.NOTHING,
                new Abort("the client has gone"),
                new Question(new RecipientQuestion(FULL_SESSION, Optional.of(FULL_SENDER), FULL_RECIPIENT)),
                new Question(new RecipientQuestion(EMPTY_SESSION, Optional.empty(), PLAIN_RECIPIENT)),
                new More(),
                new Wait(),
                new Answer(List.of(
                        Reply.of(250, "2.6.0", "one\ntw\u00f6"), Reply.of(450, ""), Reply.of(550, "5.1.1", "no"))));
    }
}
