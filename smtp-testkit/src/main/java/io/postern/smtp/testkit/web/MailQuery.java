package io.postern.smtp.testkit.web;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which messages are meant. What is empty says nothing.
 *
 * @param words all of which must occur, in lower case
 * @param to the address of a recipient of the envelope, whole
 * @param from the address of the envelope's sender, whole
 * @param subject a part of the subject, in lower case
 * @param after the id of a message that those meant are newer than
 */
record MailQuery(
        List<String> words,
        Optional<String> to,
        Optional<String> from,
        Optional<String> subject,
        Optional<String> after)
        implements Predicate<StoredMail> {

    static MailQuery of(
            String words,
            Optional<String> to,
            Optional<String> from,
            Optional<String> subject,
            Optional<String> after) {
        return new MailQuery(
                Arrays.stream(words.toLowerCase(Locale.ROOT).split("\\s+"))
                        .filter(word -> !word.isEmpty())
                        .toList(),
                to,
                from,
                subject.map(text -> text.toLowerCase(Locale.ROOT)),
                after);
    }

    @Override
    public boolean test(StoredMail mail) {
        return after.filter(id -> mail.id().compareTo(id) <= 0).isEmpty()
                && to.filter(address -> mail.envelope().to().stream().noneMatch(address::equalsIgnoreCase))
                        .isEmpty()
                && from.filter(address ->
                                !address.equalsIgnoreCase(mail.envelope().from()))
                        .isEmpty()
                && subject.filter(part -> !mail.digest()
                                .subject()
                                .toLowerCase(Locale.ROOT)
                                .contains(part))
                        .isEmpty()
                && words.stream().allMatch(mail.digest().searched()::contains);
    }
}
