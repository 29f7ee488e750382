package io.postern.smtp.testkit.web;

import io.postern.smtp.testkit.ParsedMail;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Optional;

/** A message in full, as JSON. What is without bound in a message is cut here; {@code raw} has all of it. */
final class MailView {

    private static final int MAX_TEXT = 1_048_576;
    private static final int MAX_FIELDS = 1_000;
    private static final int MAX_FIELD = 16_384;
    private static final int MAX_FOUND = 1_000;

    private MailView() {}

    /** May take a while; for a worker thread. */
    static JsonObject of(StoredMail mail, Optional<ParsedMail> parsed) {
        JsonObject view = mail.summary()
                .mergeIn(mail.envelope().json())
                .put("to", new JsonArray(mail.envelope().to()))
                .put("readable", parsed.isPresent());
        parsed.ifPresent(read -> view.put("headers", headers(read))
                .put("text", MailDigest.cut(read.text(), MAX_TEXT))
                .put("htmlSource", MailDigest.cut(read.html(), MAX_TEXT))
                .put("cut", Math.max(read.text().length(), read.html().length()) > MAX_TEXT)
                .put("attachments", attachments(read))
                .put("links", links(read))
                .put("codes", codes(read)));
        return view;
    }

    private static JsonArray headers(ParsedMail mail) {
        JsonArray headers = new JsonArray();
        mail.fields().stream()
                .limit(MAX_FIELDS)
                .forEach(field -> headers.add(new JsonObject()
                        .put("name", MailDigest.cut(field.name(), MAX_FIELD))
                        .put("value", MailDigest.cut(field.value(), MAX_FIELD))));
        return headers;
    }

    private static JsonArray attachments(ParsedMail mail) {
        JsonArray attachments = new JsonArray();
        mail.attachments().stream()
                .limit(MAX_FOUND)
                .forEach(part -> attachments.add(new JsonObject()
                        .put("number", attachments.size())
                        .put("name", MailDigest.cut(part.name(), MAX_FIELD))
                        .put("fileName", Download.safe(part.name()))
                        .put("contentType", MailDigest.cut(part.contentType(), MAX_FIELD))
                        .put("inline", part.contentId().isPresent())
                        .put("size", part.content().length())));
        return attachments;
    }

    private static JsonArray links(ParsedMail mail) {
        JsonArray links = new JsonArray();
        mail.links().stream().limit(MAX_FOUND).forEach(link -> links.add(MailDigest.cut(link.toString(), MAX_FIELD)));
        return links;
    }

    private static JsonArray codes(ParsedMail mail) {
        JsonArray codes = new JsonArray();
        mail.codes().stream().limit(MAX_FOUND).forEach(codes::add);
        return codes;
    }
}
