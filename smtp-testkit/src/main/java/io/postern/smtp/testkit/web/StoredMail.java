package io.postern.smtp.testkit.web;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;

/**
 * A message in the store.
 *
 * @param id by which it is asked for; later ones are greater
 * @param size of the content in octets
 * @param weight what it counts against the bound of the store, in octets
 * @param content where the content is
 */
record StoredMail(String id, EnvelopeRecord envelope, MailDigest digest, long size, long weight, Content content) {

    private static final int LISTED_RECIPIENTS = 10;

    /** Content that is in memory or in a file. */
    @FunctionalInterface
    interface Content {

        /** Blocks while a file is read. @throws IOException when it cannot be */
        Buffer read() throws IOException;
    }

    /** What a list shows of it. */
    JsonObject summary() {
        JsonArray to = new JsonArray();
        envelope.to().stream().limit(LISTED_RECIPIENTS).forEach(to::add);
        return new JsonObject()
                .put("id", id)
                .put("receivedAt", envelope.receivedAt().toString())
                .put("from", envelope.from())
                .put("to", to)
                .put("recipientCount", envelope.to().size())
                .put("sender", digest.sender())
                .put("subject", digest.subject())
                .put("snippet", digest.snippet())
                .put("size", size)
                .put("html", digest.html())
                .put("attachmentCount", digest.attachments());
    }
}
