package io.postern.smtp.protocol;

import io.postern.smtp.EhloReply;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/** Which extensions hold in a session. */
final class Capabilities {

    /** RFC 9422 §4.2: six digits at the most. */
    private static final int MAX_ANNOUNCED = 999_999;
    /** RFC 4954 §4: 12,288 octets for a line of an exchange and for AUTH with an initial response, and the line end. */
    static final int MAX_AUTH_LINE = 12_288 + 2;

    private final Set<Capability> held;
    private final EhloReply reply;
    private final List<EngineExtension> extensions;
    private final int commandLine;
    private final Map<Verb, Integer> lineLimits = new EnumMap<>(Verb.class);
    private final int longestLine;

    private Capabilities(Set<Capability> held, EhloReply reply, List<EngineExtension> extensions, int commandLine) {
        this.held = held;
        this.reply = reply;
        this.extensions = extensions;
        this.commandLine = commandLine;
        for (Verb verb : Verb.values()) {
            lineLimits.put(verb, limit(verb));
        }
        this.longestLine = Collections.max(lineLimits.values());
    }

    /** What a server plans to offer. */
    static Capabilities planned(
            String hostName,
            Limits limits,
            boolean smtpUtf8,
            boolean startTls,
            boolean prdr,
            List<EngineExtension> extensions) {
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
        extensions.forEach(extension -> extension.ehloLine().ifPresent(lines::add));
        return new Capabilities(held, EhloReply.of(hostName, lines), extensions, limits.commandLine());
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
        return new Capabilities(EnumSet.of(Capability.ENHANCEDSTATUSCODES), reply, extensions, commandLine);
    }

    /** These and AUTH with mechanisms. */
    Capabilities withAuth(Collection<String> mechanisms) {
        EnumSet<Capability> all = EnumSet.copyOf(held);
        all.add(Capability.AUTH);
        return new Capabilities(all, reply.with("AUTH " + String.join(" ", mechanisms)), extensions, commandLine);
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
        return new Capabilities(left, given, extensions, commandLine);
    }

    /** These without the extensions of the application that this client may not use. */
    Capabilities onlyWith(Predicate<EngineExtension> offered) {
        List<EngineExtension> left = extensions.stream().filter(offered).toList();
        if (left.size() == extensions.size()) {
            return this;
        }
        List<String> lines = new ArrayList<>(reply.lines());
        for (EngineExtension extension : extensions) {
            if (!left.contains(extension)) {
                extension.ehloLine().ifPresent(lines::remove);
            }
        }
        return new Capabilities(held, EhloReply.of(reply.hostName(), lines), left, commandLine);
    }

    /** Whether an extension of the application adds this parameter to MAIL. */
    boolean hasMailParameter(String keyword) {
        return extensions.stream()
                .anyMatch(extension -> extension.mailParameters().contains(keyword));
    }

    /** Whether an extension of the application adds this parameter to RCPT. */
    boolean hasRcptParameter(String keyword) {
        return extensions.stream()
                .anyMatch(extension -> extension.rcptParameters().contains(keyword));
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
        return Objects.requireNonNull(lineLimits.get(verb));
    }

    private int limit(Verb verb) {
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
