package io.postern.smtp.handlers.eventbus;

import io.postern.smtp.handlers.eventbus.Frame.Abort;
import io.postern.smtp.handlers.eventbus.Frame.Answer;
import io.postern.smtp.handlers.eventbus.Frame.Content;
import io.postern.smtp.handlers.eventbus.Frame.More;
import io.postern.smtp.handlers.eventbus.Frame.Offer;
import io.postern.smtp.handlers.eventbus.Frame.Part;
import io.postern.smtp.handlers.eventbus.Frame.Question;
import io.postern.smtp.handlers.eventbus.Frame.Wait;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/** The octets of a frame behind its length: a number for its kind, and its components in their order. */
final class FrameFormat {

    private static final int OFFER = 1;
    private static final int PART = 2;
    private static final int ABORT = 3;
    private static final int QUESTION = 4;
    private static final int MORE = 5;
    private static final int WAIT = 6;
    private static final int ANSWER = 7;

    private FrameFormat() {}

    static void write(Frame frame, WireWriter wire) {
        ValueWriter values = new ValueWriter(wire);
        if (frame instanceof Offer offer) {
            wire.octet(OFFER);
            values.envelope(offer.envelope());
            wire.longNumber(offer.timeoutMillis());
            content(offer.content(), wire);
        } else if (frame instanceof Part part) {
            wire.octet(PART);
            content(part.content(), wire);
        } else if (frame instanceof Abort abort) {
            wire.octet(ABORT);
            wire.text(abort.reason());
        } else if (frame instanceof Question question) {
            wire.octet(QUESTION);
            values.question(question.recipient());
        } else if (frame instanceof Answer answer) {
            wire.octet(ANSWER);
            wire.list(answer.replies(), values::reply);
        } else {
            wire.octet(frame instanceof More ? MORE : WAIT);
        }
    }

    private static void content(Content content, WireWriter wire) {
        wire.bool(content.last());
        wire.octets(content.parts());
    }

    /** @throws IllegalArgumentException when it is not a whole frame */
    static Frame read(WireReader wire) {
        ValueReader values = new ValueReader(wire);
        int kind = wire.octet();
        Frame frame = switch (kind) {
            case OFFER -> new Offer(values.envelope(), wire.longNumber(), content(wire));
            case PART -> new Part(content(wire));
            case ABORT -> new Abort(wire.text());
            case QUESTION -> new Question(values.question());
            case MORE -> new More();
            case WAIT -> new Wait();
            case ANSWER -> new Answer(wire.list(values::reply));
            default -> throw WireReader.malformed("an unknown kind, " + kind);
        };
        wire.expectEnd();
        return frame;
    }

    private static Content content(WireReader wire) {
        boolean last = wire.bool();
        Buffer octets = wire.octets();
        return new Content(octets.length() == 0 ? List.of() : List.of(octets), last);
    }
}
