package io.postern.smtp.testkit.web;

import io.postern.smtp.testkit.ParsedMail;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a list shows of a message, and what is searched. All of it is cut to a size that many messages may have in memory.
 *
 * @param subject as it is decoded; empty when there is none
 * @param sender the field From; empty when there is none
 * @param snippet how the text begins, in one line
 * @param html whether there is HTML
 * @param attachments how many there are
 * @param searched subject, addresses, names of attachments and the beginning of the text, in lower case
 */
record MailDigest(String subject, String sender, String snippet, boolean html, int attachments, String searched) {

    private static final int MAX_FIELD = 1_000;
    private static final int MAX_SNIPPET = 200;
    private static final int MAX_SEARCHED_TEXT = 4_096;
    private static final int MAX_SEARCHED = 16_384;
    /** Of HTML, most of which may be markup. */
    private static final int MAX_MARKUP = 32_768;

    private static final Pattern UNSEEN = Pattern.compile("(?is)<(style|script|title)\\b.*?(?:</\\1|$)");
    private static final Pattern TAG = Pattern.compile("<[^<>]*>");
    private static final Pattern SPACE = Pattern.compile("[\\s\\p{Cc}]+");

    static MailDigest of(EnvelopeRecord envelope, Optional<ParsedMail> parsed) {
        String subject = cut(parsed.map(ParsedMail::subject).orElse(""), MAX_FIELD);
        String sender = cut(parsed.flatMap(mail -> mail.header("From")).orElse(""), MAX_FIELD);
        String text = parsed.map(MailDigest::text).orElse("");
        List<ParsedMail.Attachment> attachments =
                parsed.map(ParsedMail::attachments).orElse(List.of());
        StringBuilder searched = new StringBuilder()
                .append(subject)
                .append('\n')
                .append(sender)
                .append('\n')
                .append(text)
                .append('\n')
                .append(envelope.from());
        envelope.to().stream().limit(100).forEach(to -> searched.append('\n').append(to));
        attachments.stream().limit(20).forEach(file -> searched.append('\n').append(cut(file.name(), MAX_FIELD)));
        return new MailDigest(
                subject,
                sender,
                cut(text, MAX_SNIPPET),
                parsed.filter(mail -> !mail.html().isEmpty()).isPresent(),
                attachments.size(),
                cut(searched.toString(), MAX_SEARCHED).toLowerCase(Locale.ROOT));
    }

    /** The beginning of what a person reads, in one line. */
    private static String text(ParsedMail mail) {
        String text = cut(mail.text(), MAX_SEARCHED_TEXT);
        if (text.isBlank()) {
            String visible = UNSEEN.matcher(cut(mail.html(), MAX_MARKUP)).replaceAll(" ");
            text = TAG.matcher(visible).replaceAll(" ").replace("&nbsp;", " ").replace("&amp;", "&");
        }
        return cut(SPACE.matcher(text).replaceAll(" ").strip(), MAX_SEARCHED_TEXT);
    }

    /** @return no more than so many characters of a text, and no half of one */
    static String cut(String text, int length) {
        if (text.length() <= length) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length);
    }
}
