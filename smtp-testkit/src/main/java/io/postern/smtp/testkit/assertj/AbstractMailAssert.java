package io.postern.smtp.testkit.assertj;

import io.postern.smtp.testkit.ParsedMail;
import java.net.URI;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.assertj.core.api.AbstractObjectAssert;

/**
 * Assertions on what a person sees of a message, and on its header. They are about the content, not about the envelope: whom
 * a message claims to be from, and to whom it says that it goes.
 *
 * @param <S> the assertion itself
 * @param <A> what it is about
 */
public abstract class AbstractMailAssert<S extends AbstractMailAssert<S, A>, A> extends AbstractObjectAssert<S, A> {

    AbstractMailAssert(A actual, Class<S> self) {
        super(actual, self);
    }

    /** What is looked at. */
    abstract ParsedMail mail();

    /** What a failed assertion shows of the message. */
    abstract String shown();

    /** The subject is exactly this. */
    public S hasSubject(String expected) {
        String subject = mail().subject();
        return require(
                subject.equals(expected), () -> "subject to be " + quoted(expected) + " but it is " + quoted(subject));
    }

    /** The subject has this in it. */
    public S subjectContains(String expected) {
        return requireContains("subject", mail().subject(), expected);
    }

    /** The From field of the header has this address and no other; its display name does not matter. */
    public S isFrom(String address) {
        return requireAddresses("From", address);
    }

    /** The To field of the header has these addresses and no others, in any order; display names do not matter. */
    public S isTo(String... addresses) {
        return requireAddresses("To", addresses);
    }

    /** The Cc field of the header has these addresses and no others, in any order; display names do not matter. */
    public S hasCc(String... addresses) {
        return requireAddresses("Cc", addresses);
    }

    /** The Reply-To field of the header has these addresses and no others, in any order. */
    public S hasReplyTo(String... addresses) {
        return requireAddresses("Reply-To", addresses);
    }

    /** There is no Bcc field, so that no recipient can read who else had a copy (RFC 5322 §3.6.3). */
    public S hasNoBcc() {
        return hasNoHeader("Bcc");
    }

    /** There is a field of this name. */
    public S hasHeader(String name) {
        return require(!mail().headers(name).isEmpty(), () -> "a header field " + name + " but there is none");
    }

    /** There is a field of this name with exactly this value, unfolded and decoded. */
    public S hasHeader(String name, String value) {
        List<String> values = mail().headers(name);
        return require(
                values.contains(value),
                () -> "a header field " + name + " with " + quoted(value) + " but there is " + quoted(values));
    }

    /** There is no field of this name. */
    public S hasNoHeader(String name) {
        List<String> values = mail().headers(name);
        return require(values.isEmpty(), () -> "no header field " + name + " but there is " + quoted(values));
    }

    /** The plain text has all of these in it. */
    public S textContains(String... expected) {
        return requireContains("text", mail().text(), expected);
    }

    /** The HTML has all of these in it. */
    public S htmlContains(String... expected) {
        return requireContains("HTML", mail().html(), expected);
    }

    /** A part that is called so is attached. */
    public S hasAttachment(String name) {
        List<String> names = attachments();
        return require(names.contains(name), () -> "an attachment " + quoted(name) + " but there is " + quoted(names));
    }

    /** Nothing is attached. */
    public S hasNoAttachments() {
        List<String> names = attachments();
        return require(names.isEmpty(), () -> "no attachments but there is " + quoted(names));
    }

    private List<String> attachments() {
        return mail().attachments().stream().map(ParsedMail.Attachment::name).toList();
    }

    /** Text or HTML has this link in it, exactly. */
    public S hasLink(String uri) {
        List<String> links = mail().links().stream().map(URI::toString).toList();
        return require(links.contains(uri), () -> "a link " + quoted(uri) + " but there is " + quoted(links));
    }

    /** This is among the {@linkplain ParsedMail#codes() one-time codes} that it has. */
    public S hasCode(String code) {
        List<String> codes = mail().codes();
        return require(codes.contains(code), () -> "a code " + quoted(code) + " but there is " + quoted(codes));
    }

    private S requireContains(String what, String text, String... expected) {
        for (String part : expected) {
            require(text.contains(part), () -> what + " to have " + quoted(part) + " in it but it is " + quoted(text));
        }
        return myself;
    }

    private S requireAddresses(String field, String... expected) {
        return requireAddresses("the header field " + field, mail().addresses(field), List.of(expected));
    }

    /** The same addresses, each as often, in any order and case. */
    S requireAddresses(String what, List<String> addresses, List<String> expected) {
        return require(
                comparable(addresses).equals(comparable(expected)),
                () -> what + " to have " + quoted(expected) + " but it has " + quoted(addresses));
    }

    private static List<String> comparable(Collection<String> addresses) {
        return addresses.stream()
                .map(address -> address.toLowerCase(Locale.ROOT))
                .sorted()
                .toList();
    }

    /** Fails with what was expected and the message when a condition does not hold. */
    S require(boolean condition, Supplier<String> expectation) {
        isNotNull();
        if (!condition) {
            failWithMessage("%nexpected %s%nin %s", expectation.get(), shown());
        }
        return myself;
    }

    static String quoted(Object... values) {
        return Arrays.stream(values)
                .map(value -> value instanceof Collection<?> several
                        ? several.stream()
                                .map(AbstractMailAssert::quoted)
                                .toList()
                                .toString()
                        : "\"" + value + "\"")
                .reduce((one, other) -> one + ", " + other)
                .orElse("");
    }
}
