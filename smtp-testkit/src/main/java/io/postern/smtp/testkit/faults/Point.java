package io.postern.smtp.testkit.faults;

import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * Where a fault may come: choose which occasions it takes, and then say once what it does. Without a choice it takes all.
 * Conditions are asked in the order {@link #matching}, {@link #from}, {@link #after}, {@link #every}, {@link
 * #withProbability}, {@link #times}: so {@code after(2).times(1)} is the third occasion and no other.
 *
 * <p>Setters fail with {@link IllegalArgumentException} when a number makes no sense, and name what is allowed.
 */
public interface Point {

    // Which

    /** Only where the argument, at MAIL and RCPT the address, is of this form; see {@link Faults#matching}. */
    default Point matching(String glob) {
        return matching(Faults.matching(glob));
    }

    /** Only where the argument, at MAIL and RCPT the address, is such. */
    Point matching(Predicate<String> argument);

    /** Only in such sessions. The predicate is asked on an event loop. */
    Point from(Predicate<? super Session> session);

    /** Not the first {@code occasions}. */
    Point after(int occasions);

    /** Only each {@code n}th. */
    Point every(int n);

    /** Each with this probability, as the seed of the faults says. */
    Point withProbability(double probability);

    /** So many times at the most. */
    Point times(int count);

    /** Waits before it does what it does. */
    Point afterDelay(Duration delay);

    // What

    /** Says {@code reply} and leaves out what would have been done; in a message, when it has been sent whole. */
    Fault reply(Reply reply);

    /** Says a reply without an enhanced code, see {@link Reply#of(int, String)}. */
    default Fault reply(int code, String text) {
        return reply(Reply.of(code, text));
    }

    /** Says a reply such as {@code reply(450, "4.2.1", "mailbox busy")}. */
    default Fault reply(int code, String enhancedCode, String text) {
        return reply(Reply.of(code, enhancedCode, text));
    }

    /** Says {@code 421 4.3.2} and closes the connection (RFC 5321 §3.8), at once also in a message. */
    Fault closeWith421();

    /** Waits and then goes on. */
    default Fault delay(Duration delay) {
        return afterDelay(delay).goOn();
    }

    /** Goes on as if nothing were; with {@link #afterDelay} late, without it this only counts. */
    Fault goOn();

    /**
     * Says nothing and reads nothing any more, and leaves the connection open; until the fault is removed or cleared, or
     * the server gives up ({@link io.postern.smtp.SmtpServerOptions#setHandlerTimeout}).
     */
    Fault stall();

    /** Drops the connection with a TCP reset, as a server that crashed. */
    Fault reset();

    /** Drops the connection with a reset before anything is said, at {@link Faults#onConnect()}; else as {@link #reset}. */
    default Fault refuse() {
        return reset();
    }

    /** Closes the connection without a word. */
    Fault close();

    /** Says that nothing more will be said (FIN), and leaves the connection open; nothing is read any more either. */
    Fault halfClose();

    /** Goes on, and closes the connection behind the next reply. */
    Fault closeAfterReply();

    /** Goes on, and has the next reply come in two pieces: so many octets, and 100 ms later the rest. */
    default Fault splitReply(int octets) {
        return splitReply(octets, Duration.ofMillis(100));
    }

    /** Like {@link #splitReply(int)} with another pause. */
    Fault splitReply(int octets, Duration pause);

    /** Goes on, but the client reads {@code octets} in the place of the next reply; to be read as it stands, in UTF-8. */
    Fault malformedReply(String octets);

    /** Goes on, and reads only so fast from now on; a client that sends faster is held up by TCP. */
    Fault slowReads(int octetsPerSecond);

    /** Goes on, and writes only so fast from now on. */
    Fault slowReplies(int octetsPerSecond);
}
