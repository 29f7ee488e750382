package io.postern.smtp.handlers.trace;

import io.postern.smtp.Envelope;
import io.postern.smtp.Session;
import io.vertx.core.net.SocketAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSession;

/**
 * The text of the fields that a server adds to a message, each ending with CR LF. No value can break out of its line: a
 * {@code Mailbox} holds no control character, and the name that a client gives itself is cut down to those of a name.
 */
public final class TraceFields {

    public static final String RETURN_PATH = "Return-Path";

    /** The names of the fields of {@link #envelope}. */
    public static final Set<String> ENVELOPE_NAMES = Set.of("X-Peer", "X-MailFrom", "X-RcptTo");

    // RFC 5322 §2.1.1
    private static final int LINE_LENGTH = 78;

    // RFC 5322 §3.3, always in UTC: the server's own time zone is nobody's business
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "EEE, d MMM yyyy HH:mm:ss Z", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private static final Pattern NOT_IN_A_NAME = Pattern.compile("[^\\p{L}\\p{N}\\p{M}.:_\\[\\]-]");

    private TraceFields() {}

    /**
     * What aiosmtpd adds as well: {@code X-Peer}, {@code X-MailFrom} ({@code <>} for the null sender) and {@code X-RcptTo},
     * the recipients separated by commas.
     */
    public static String envelope(SocketAddress peer, Envelope envelope) {
        return peer(peer) + mailFrom(envelope) + recipients(envelope.rcptTos()) + "\r\n";
    }

    /** {@code X-Peer} alone. */
    public static String peer(SocketAddress peer) {
        return "X-Peer: " + PythonText.peer(peer) + "\r\n";
    }

    /** {@code X-MailFrom} alone. */
    public static String mailFrom(Envelope envelope) {
        String sender = envelope.mailFrom();
        return "X-MailFrom: " + (sender.isEmpty() ? "<>" : sender) + "\r\n";
    }

    private static String recipients(List<String> recipients) {
        StringBuilder field = new StringBuilder("X-RcptTo:");
        int length = field.length();
        String separator = "";
        for (String recipient : recipients) {
            field.append(separator);
            if (length + recipient.length() > LINE_LENGTH) {
                field.append("\r\n");
                length = 0;
            }
            field.append(' ').append(recipient);
            length += recipient.length() + 2;
            separator = ",";
        }
        return field.toString();
    }

    /** {@code Return-Path}, for who makes the final delivery (RFC 5321 §4.4). */
    public static String returnPath(Envelope envelope) {
        return RETURN_PATH + ": <" + envelope.mailFrom() + ">\r\n";
    }

    /**
     * {@code Received} (RFC 5321 §4.4). Its {@code for} names the recipient only when there is but one, so that none
     * learns of the others.
     *
     * @param id what finds this message in the logs: letters, digits, dots and hyphens
     * @param time when the message was received
     */
    public static String received(Session session, Envelope envelope, String id, Instant time) {
        StringBuilder field = new StringBuilder("Received: from ")
                .append(session.hostName().map(TraceFields::name).orElse("unknown"));
        if (session.peer().isInetSocket()) {
            field.append(" (").append(addressLiteral(session.peer())).append(')');
        }
        field.append("\r\n\tby ").append(name(session.serverName())).append(" with ");
        field.append(protocol(session, envelope));
        session.sslSession().ifPresent(tls -> field.append(tlsComment(tls)));
        field.append("\r\n\tid ").append(id);
        if (envelope.recipients().size() == 1) {
            field.append("\r\n\tfor <").append(envelope.rcptTos().get(0)).append('>');
        }
        return field.append(";\r\n\t").append(DATE.format(time)).append("\r\n").toString();
    }

    /** The words of RFC 3848 and, for internationalized mail, of RFC 6531 §4.3. */
    private static String protocol(Session session, Envelope envelope) {
        if (!session.extendedSmtp()) {
            return "SMTP";
        }
        String base = session.lmtp() ? "LMTP" : "ESMTP";
        if (envelope.smtpUtf8()) {
            base = session.lmtp() ? "UTF8LMTP" : "UTF8SMTP";
        }
        return base + (session.ssl() ? "S" : "") + (session.authenticated().isPresent() ? "A" : "");
    }

    private static String tlsComment(SSLSession tls) {
        return "\r\n\t(" + name(tls.getProtocol()) + ' ' + name(tls.getCipherSuite()) + ')';
    }

    // RFC 5321 §4.1.3
    private static String addressLiteral(SocketAddress peer) {
        String address = String.valueOf(peer.hostAddress());
        return address.indexOf(':') < 0 ? "[" + address + "]" : "[IPv6:" + address + "]";
    }

    /** Only what names, address literals and cipher suites are made of. */
    private static String name(String text) {
        String name = NOT_IN_A_NAME.matcher(text).replaceAll("?");
        return name.isEmpty() ? "unknown" : name;
    }
}
