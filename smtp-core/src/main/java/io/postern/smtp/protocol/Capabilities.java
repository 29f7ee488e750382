package io.postern.smtp.protocol;

import io.postern.smtp.EhloReply;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Which extensions hold in a session. */
final class Capabilities {

    /** RFC 9422 §4.2: six digits at the most. */
    private static final int MAX_ANNOUNCED = 999_999;
    /** RFC 4954 §4: 12,288 octets for a line of an exchange and for AUTH with an initial response, and the line end. */
    static final int MAX_AUTH_LINE = 12_288 + 2;

    private final Set<Capability> held;
    private final EhloReply reply;
    private final int commandLine;
    private final int longestLine;

    private Capabilities(Set<Capability> held, EhloReply reply, int commandLine) {
        this.held = held;
        this.reply = reply;
        this.commandLine = commandLine;
        this.longestLine = Math.max(lineLimit(Verb.AUTH), Math.max(lineLimit(Verb.MAIL), lineLimit(Verb.RCPT)));
    }

    /** What a server plans to offer. */
    static Capabilities planned(
            String hostName,
            Limits limits,
            boolean smtpUtf8,
            boolean startTls,
            boolean prdr,
            Collection<String> extensionLines) {
        EnumSet<Capability> held = EnumSet.allOf(Capability.class);
        held.remove(Capability.AUTH); // it depends on the connection
        if (limits.messageSize() == 0) {
            held.remove(Capability.SIZE);
        }
        if (!smtpUtf8) {
            held.remove(Capability.SMTPUTF8);
        }
        if (!startTls) {
            held.remove(Capability.STARTTLS);
        }
        if (!prdr) {
            held.remove(Capability.PRDR);
        }
        List<String> lines = new ArrayList<>();
        for (Capability capability : held) {
            lines.add(line(capability, limits));
        }
        lines.addAll(extensionLines);
        return new Capabilities(held, EhloReply.of(hostName, lines), limits.commandLine());
    }

    private static String line(Capability capability, Limits limits) {
        return switch (capability) {
            case SIZE -> "SIZE " + limits.messageSize();
            case LIMITS -> "LIMITS RCPTMAX=" + Math.min(limits.recipients(), MAX_ANNOUNCED);
            case PIPELINING,
                    EIGHTBITMIME,
                    SMTPUTF8,
                    ENHANCEDSTATUSCODES,
                    CHUNKING,
                    BINARYMIME,
                    DSN,
                    PRDR,
                    STARTTLS,
                    AUTH,
                    HELP -> capability.keyword();
        };
    }

    /** What holds before EHLO and after HELO: no extension but the codes in replies, which harm no client. */
    Capabilities beforeEhlo() {
        return new Capabilities(EnumSet.of(Capability.ENHANCEDSTATUSCODES), reply, commandLine);
    }

    /** These and AUTH with mechanisms. */
    Capabilities withAuth(Collection<String> mechanisms) {
        EnumSet<Capability> all = EnumSet.copyOf(held);
        all.add(Capability.AUTH);
        return new Capabilities(all, reply.with("AUTH " + String.join(" ", mechanisms)), commandLine);
    }

    /** What of these the application left in the reply to EHLO. */
    Capabilities offeredBy(EhloReply given) {
        if (given == reply) {
            return this;
        }
        EnumSet<Capability> left = EnumSet.noneOf(Capability.class);
        for (Capability capability : held) {
            if (given.has(capability.keyword())) {
                left.add(capability);
            }
        }
        return new Capabilities(left, given, commandLine);
    }

    boolean has(Capability capability) {
        return held.contains(capability);
    }

    /** The reply to EHLO. */
    EhloReply reply() {
        return reply;
    }

    /** The longest line for a command, its line end counted (RFC 5321 §4.1.1.1 and the extensions' own). */
    int lineLimit(Verb verb) {
        if (verb == Verb.AUTH && has(Capability.AUTH)) {
            return Math.max(commandLine, MAX_AUTH_LINE);
        }
        int limit = commandLine;
        for (Capability capability : held) {
            limit += capability.grows(verb);
        }
        return limit;
    }

    /** The longest line of any command. */
    int longestLine() {
        return longestLine;
    }
}
