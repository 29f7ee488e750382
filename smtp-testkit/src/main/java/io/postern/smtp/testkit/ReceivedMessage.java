package io.postern.smtp.testkit;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.testkit.tap.ServerTap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLSession;

/** A message that arrived: its envelope, its content to the octet, and who brought it. It never changes. */
public final class ReceivedMessage {

    private final String sessionId;
    private final SocketAddress peer;
    private final Optional<String> hostName;
    private final boolean extendedSmtp;
    private final Optional<String> tlsProtocol;
    private final Optional<Identity> authenticated;
    private final Instant receivedAt;
    private final Transcript transcript;
    private final Sender sender;
    private final List<Recipient> recipients;
    private final byte[] content;

    ReceivedMessage(Session session, Envelope envelope, Buffer content, Instant receivedAt, Transcript transcript) {
        this.sessionId = session.id();
        this.peer = session.peer();
        this.hostName = session.hostName();
        this.extendedSmtp = session.extendedSmtp();
        this.tlsProtocol = session.sslSession().map(SSLSession::getProtocol);
        this.authenticated = session.authenticated();
        this.receivedAt = receivedAt;
        this.transcript = transcript;
        this.sender = envelope.sender().orElseThrow();
        this.recipients = List.copyOf(envelope.recipients());
        this.content = content.getBytes();
    }

    /**
     * A message as a handler has it when the body has ended, for {@link Inbox#add}.
     *
     * @param content the whole of it
     */
    public static ReceivedMessage of(Session session, Envelope envelope, Buffer content, Instant receivedAt) {
        return new ReceivedMessage(session, envelope, content, receivedAt, ServerTap.transcriptOf(session));
    }

    /** The sender with its parameters. */
    public Sender sender() {
        return sender;
    }

    /** The recipients that were accepted, each with its parameters, in the order in which they came. */
    public List<Recipient> recipients() {
        return recipients;
    }

    /** The sender's address without angle brackets, empty for the null sender. */
    public String mailFrom() {
        return sender.address();
    }

    /** The recipients' addresses without angle brackets. */
    public List<String> rcptTos() {
        return recipients.stream().map(Recipient::address).toList();
    }

    /**
     * The recipients that the header does not name in To or Cc: those of blind copies (RFC 5322 §3.6.3). Needs mime4j, as
     * {@link #mail()} does. Addresses that differ in case only are taken for the same.
     */
    public List<String> bcc() {
        ParsedMail mail = mail();
        Set<String> named = new HashSet<>();
        for (String field : List.of("To", "Cc")) {
            mail.addresses(field).forEach(address -> named.add(address.toLowerCase(Locale.ROOT)));
        }
        return rcptTos().stream()
                .filter(address -> !named.contains(address.toLowerCase(Locale.ROOT)))
                .toList();
    }

    /** A copy of the content, as it was before dots were added for the transfer (RFC 5321 §4.5.2). */
    public byte[] content() {
        return content.clone();
    }

    /** The content read as UTF-8. */
    public String text() {
        return new String(content, StandardCharsets.UTF_8);
    }

    /**
     * Writes the content to a file, which programs for mail open when its name ends in {@code .eml}; a file that is there is
     * replaced.
     *
     * @throws UncheckedIOException when it cannot be written
     */
    public void writeTo(Path file) {
        try {
            Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The content read as MIME. Needs Apache James' mime4j, {@code apache-mime4j-dom}, on the class path.
     *
     * @throws IllegalArgumentException when it is nested or long beyond reason
     */
    public ParsedMail mail() {
        return ParsedMail.parse(content);
    }

    /** The {@link Session#id() id} of the session it came by. */
    public String sessionId() {
        return sessionId;
    }

    /** The client's address. */
    public SocketAddress peer() {
        return peer;
    }

    /** What the client called itself. */
    public Optional<String> hostName() {
        return hostName;
    }

    /** Whether the client spoke EHLO. */
    public boolean extendedSmtp() {
        return extendedSmtp;
    }

    /** Whether the connection was encrypted. */
    public boolean ssl() {
        return tlsProtocol.isPresent();
    }

    /** The version of TLS that the connection was encrypted with, such as {@code TLSv1.3}. */
    public Optional<String> tlsProtocol() {
        return tlsProtocol;
    }

    /** Who the client had logged in as. */
    public Optional<Identity> authenticated() {
        return authenticated;
    }

    /** When the message was whole, by the clock of the {@link RecordingHandler} or the extension that took it. */
    public Instant receivedAt() {
        return receivedAt;
    }

    /** What both sides have said in the session so far, up to the end of this message. */
    public Transcript transcript() {
        return transcript;
    }

    @Override
    public String toString() {
        return "<" + mailFrom() + "> to " + rcptTos() + ", " + content.length + " octets, session " + sessionId;
    }
}
