package io.postern.smtp.testkit.web;

import io.postern.smtp.Recipient;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.Transcript;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;

/**
 * All that is known of a message besides its content, as JSON: in a file beside it, and in answers to the page.
 *
 * @param json what {@link #of} makes, checked by {@link #parse}
 * @param receivedAt when the message was whole
 * @param from the envelope's sender, empty for the null sender
 * @param to the envelope's recipients
 */
record EnvelopeRecord(JsonObject json, Instant receivedAt, String from, List<String> to) {

    static EnvelopeRecord of(ReceivedMessage message) {
        JsonArray recipients = new JsonArray();
        for (Recipient recipient : message.recipients()) {
            recipients.add(new JsonObject()
                    .put("address", recipient.address())
                    .put("parameters", recipient.parameters().text()));
        }
        JsonObject session = new JsonObject()
                .put("id", message.sessionId())
                .put("peer", message.peer().toString())
                .put("extended", message.extendedSmtp());
        message.hostName().ifPresent(name -> session.put("hostName", name));
        message.tlsProtocol().ifPresent(protocol -> session.put("tls", protocol));
        message.authenticated().ifPresent(identity -> session.put("authenticated", identity.authorizationId()));
        return parse(new JsonObject()
                .put("receivedAt", message.receivedAt().toString())
                .put("from", message.mailFrom())
                .put("fromParameters", message.sender().parameters().text())
                .put("recipients", recipients)
                .put("session", session)
                .put("transcript", lines(message.transcript()))
                .put("transcriptOmitted", message.transcript().omitted()));
    }

    private static JsonArray lines(Transcript transcript) {
        JsonArray lines = new JsonArray();
        for (Transcript.Line line : transcript.lines()) {
            lines.add(new JsonObject()
                    .put("side", side(line.side()))
                    .put("at", line.at().toString())
                    .put("text", line.text()));
        }
        return lines;
    }

    private static String side(Transcript.Side side) {
        return switch (side) {
            case CLIENT -> "C";
            case SERVER -> "S";
            case EVENT -> "";
        };
    }

    /** @throws IllegalArgumentException when something is missing or of another type */
    static EnvelopeRecord parse(JsonObject json) {
        try {
            Instant receivedAt = Instant.parse(required(json.getString("receivedAt"), "receivedAt"));
            String from = required(json.getString("from"), "from");
            required(json.getString("fromParameters"), "fromParameters");
            required(json.getJsonObject("session"), "session");
            JsonArray lines = required(json.getJsonArray("transcript"), "transcript");
            for (int i = 0; i < lines.size(); i++) {
                required(lines.getJsonObject(i).getString("text"), "transcript");
            }
            JsonArray recipients = required(json.getJsonArray("recipients"), "recipients");
            List<String> to = recipients.stream()
                    .map(JsonObject.class::cast)
                    .map(recipient -> required(recipient.getString("address"), "address"))
                    .toList();
            return new EnvelopeRecord(json, receivedAt, from, to);
        } catch (ClassCastException | NullPointerException | DateTimeParseException e) {
            throw new IllegalArgumentException("it does not describe an envelope: " + e.getMessage(), e);
        }
    }

    private static <T> T required(T value, String name) {
        if (value == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value;
    }
}
