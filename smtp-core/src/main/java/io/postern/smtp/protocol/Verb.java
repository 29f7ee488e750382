package io.postern.smtp.protocol;

import io.postern.smtp.Reply;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The commands that the engine knows, with every fact about each that does not depend on the session. In which phase one
 * is in order stands in {@link Phase}, what it does in {@link SmtpEngine}.
 */
public enum Verb {
    HELO("HELO hostname", Fact.BRINGS_NO_MAIL),
    EHLO("EHLO hostname", Fact.BEFORE_TLS, Fact.BRINGS_NO_MAIL),
    LHLO("LHLO hostname", Fact.BEFORE_TLS, Fact.BRINGS_NO_MAIL),
    STARTTLS("STARTTLS", Fact.BEFORE_TLS),
    AUTH("AUTH mechanism [initial-response]"),
    MAIL("MAIL FROM:<address> [SP parameters]", Fact.NEEDS_AUTH),
    RCPT("RCPT TO:<address> [SP parameters]", Fact.NEEDS_AUTH),
    DATA("DATA", Fact.NEEDS_AUTH),
    BDAT("BDAT size [LAST]", Fact.NEEDS_AUTH),
    RSET("RSET", Fact.BRINGS_NO_MAIL),
    NOOP("NOOP [ignored]", Fact.BEFORE_TLS, Fact.BRINGS_NO_MAIL),
    VRFY("VRFY address", Fact.NEEDS_AUTH, Fact.BRINGS_NO_MAIL),
    EXPN("EXPN list", Fact.NEEDS_AUTH, Fact.BRINGS_NO_MAIL),
    HELP("HELP [command]", Fact.NEEDS_AUTH, Fact.BRINGS_NO_MAIL),
    QUIT("QUIT", Fact.BEFORE_TLS);

    /** What may be true of a command. */
    private enum Fact {
        /** Allowed on a plain connection where TLS is required (RFC 3207 §4). */
        BEFORE_TLS,
        /** Refused before AUTH where the server requires it. */
        NEEDS_AUTH,
        /** Junk when it is sent again and again: no message comes nearer by it. */
        BRINGS_NO_MAIL
    }

    private static final Verb[] ALL = values();
    private static final int MAX_LENGTH = 8;

    private final String syntax;
    private final Reply syntaxError;
    private final long letters;
    private final Set<Fact> facts;

    Verb(String syntax, Fact... facts) {
        this.syntax = syntax;
        this.syntaxError = Reply.of(501, "5.5.4", "Syntax: " + syntax);
        byte[] name = name().getBytes(StandardCharsets.US_ASCII);
        this.letters = pack(name, 0, name.length);
        this.facts = Set.of(facts);
    }

    /** Whether it is refused before AUTH where the server requires it. */
    boolean needsAuth() {
        return facts.contains(Fact.NEEDS_AUTH);
    }

    /** Whether it is allowed on a plain connection where TLS is required. */
    boolean isAllowedBeforeTls() {
        return facts.contains(Fact.BEFORE_TLS);
    }

    /** Whether no message comes nearer by it. */
    boolean bringsNoMail() {
        return facts.contains(Fact.BRINGS_NO_MAIL);
    }

    /** How the command is written, for HELP. */
    public String syntax() {
        return syntax;
    }

    /** Whether it is one of the commands with which a client says who it is. */
    boolean isHello() {
        return this == HELO || this == EHLO || this == LHLO;
    }

    /** {@code 501} with the syntax. */
    Reply syntaxError() {
        return syntaxError;
    }

    /** The verb that stands in a region, in any case. */
    static @Nullable Verb of(byte[] bytes, int from, int to) {
        if (to - from > MAX_LENGTH) {
            return null;
        }
        long packed = pack(bytes, from, to);
        for (Verb verb : ALL) {
            if (verb.letters == packed) {
                return verb;
            }
        }
        return null;
    }

    // Eight letters make a long, so that looking up a verb makes no object; 0 where an octet is no letter
    private static long pack(byte[] text, int from, int to) {
        long packed = 0;
        for (int i = from; i < to; i++) {
            int upper = text[i] & ~0x20;
            if (upper < 'A' || upper > 'Z') {
                return 0;
            }
            packed = packed << 8 | upper;
        }
        return packed;
    }
}
