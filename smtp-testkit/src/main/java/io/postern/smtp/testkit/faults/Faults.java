package io.postern.smtp.testkit.faults;

import io.postern.smtp.testkit.MovableClock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What goes wrong at a {@link io.postern.smtp.testkit.TestSmtpServer}, and when:
 *
 * <pre>{@code
 * faults.onRcpt("*@slow.test").times(2).reply(450, "4.2.1", "come back later");
 * faults.onData().afterBytes(64_000).reset();
 * faults.onMessage().delay(Duration.ofSeconds(3));
 * }</pre>
 *
 * <p>A fault is declared in three parts: the {@link Point} where it may come, which of the occasions there it takes, and
 * what it does. Of several that would take the same occasion, the one that was declared first does. It is in force from
 * then on, also in sessions that are open. What is not touched by a fault goes on as it would without.
 *
 * <p>{@link #verify()} fails when one that was declared has never come; the JUnit extension calls it after each test.
 * May be used by several threads.
 */
public interface Faults {

    /** Before the greeting. With implicit TLS the handshake has been made by then. */
    Point onConnect();

    /** At HELO. */
    Point onHelo();

    /** At EHLO, or LHLO in LMTP. */
    Point onEhlo();

    /** At STARTTLS, before 220 is said. */
    Point onStartTls();

    /** At AUTH, before the mechanism is asked; {@link Point#matching} looks at the name of the mechanism. */
    Point onAuth();

    /** At MAIL, before the handler is asked; {@link Point#matching} looks at the address, empty for the null sender. */
    Point onMail();

    /** At RCPT, before the handler is asked; {@link Point#matching} looks at the address. */
    Point onRcpt();

    /** Like {@code onRcpt().matching(glob)}. */
    default Point onRcpt(String glob) {
        return onRcpt().matching(glob);
    }

    /** Like {@code onRcpt().matching(address)}. */
    default Point onRcpt(Predicate<String> address) {
        return onRcpt().matching(address);
    }

    /** At DATA or the first BDAT of a message, before the handler is asked; or, with afterBytes, in the message. */
    DataPoint onData();

    /** In a message, as soon as octets of its content have come. */
    DataPoint onBody();

    /** When a message is whole, before the handler knows that it is: a reply in its place refuses the message. */
    Point onMessage();

    /**
     * When the handler has answered a message, before the client knows. A fault here changes what the client learns and not
     * what has become of the message: a client that must send an accepted message again is tested with it.
     */
    Point onAnswer();

    /** At QUIT. */
    Point onQuit();

    /**
     * At a command, known or unknown, when it stands in its place and would be done; {@link Point#matching} looks at all
     * that stands behind the verb.
     *
     * @param verb in upper or lower case, such as {@code RSET}
     */
    Point onCommand(String verb);

    /**
     * Refuses each triple of client host, sender and recipient the first time, with {@code 451 4.7.1}, and lets it pass
     * from the second time on.
     */
    default Fault greylisting() {
        return greylisting(Duration.ZERO);
    }

    /** Like {@link #greylisting()}, and refuses whoever tries again earlier than {@code wait} after the first time. */
    Fault greylisting(Duration wait);

    /**
     * Delays and pauses go by {@code clock} from now on, and not by the time of day, until all is cleared. It is that of
     * these faults alone, and not of those {@linkplain #forDomain of a domain}.
     */
    Faults setClock(MovableClock clock);

    /**
     * Chooses what {@link Point#withProbability} does: with the same seed, the same faults in the same order take the same
     * occasions. It is 1 unless set, so that a test which fails, fails again. For faults that are declared from now on.
     */
    Faults setSeed(long seed);

    /** Those that were declared and neither removed nor cleared, in order. */
    List<Fault> declared();

    /**
     * @throws AssertionError when one of them has never come, or it was said when one comes and not what it does; it lists all,
     *     and what the last sessions were like
     */
    void verify();

    /**
     * Removes all, and lets go on what is delayed or stalled. Faults that are declared later go by the time of day, with the
     * seed 1, unless told otherwise again. A connection that a fault has made slow stays so.
     */
    void clear();

    /**
     * Faults of the same server that concern only mail for the recipients of a domain. They come at RCPT for such a
     * recipient, and from then on in a transaction that has one; they can not be declared elsewhere, where it is not known
     * yet whom the mail is for. For tests that share a server while they run.
     */
    Faults forDomain(String domain);

    /**
     * An address, or another argument, of this form; {@code *} stands for any characters, {@code ?} for one. Case makes no
     * difference.
     */
    static Predicate<String> matching(String glob) {
        StringBuilder pattern = new StringBuilder();
        glob.toLowerCase(Locale.ROOT)
                .codePoints()
                .forEach(c -> pattern.append(
                        c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(new String(Character.toChars(c)))));
        Predicate<String> whole =
                Pattern.compile(pattern.toString(), Pattern.DOTALL).asMatchPredicate();
        return new Predicate<>() {
            @Override
            public boolean test(String argument) {
                return whole.test(argument.toLowerCase(Locale.ROOT));
            }

            @Override
            public String toString() {
                return glob;
            }
        };
    }
}
