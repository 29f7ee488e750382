package io.postern.smtp.protocol;

import io.postern.smtp.Reply;
import org.jspecify.annotations.Nullable;

/**
 * The commands that the engine knows, with every fact about each that does not depend on the session. In which phase one
 * is in order stands in {@link Phase}, what it does in {@link SmtpEngine}.
 */
public enum Verb {
    HELO("HELO hostname"),
    EHLO("EHLO hostname"),
    LHLO("LHLO hostname"),
    MAIL("MAIL FROM:<address> [SP parameters]"),
    RCPT("RCPT TO:<address> [SP parameters]"),
    DATA("DATA"),
    BDAT("BDAT size [LAST]"),
    RSET("RSET"),
    NOOP("NOOP [ignored]"),
    VRFY("VRFY address"),
    EXPN("EXPN list"),
    HELP("HELP [command]"),
    QUIT("QUIT");

    private static final Verb[] ALL = values();
    private static final int MAX_LENGTH = 8;

    private final String syntax;
    private final Reply syntaxError;
    private final long letters;

    Verb(String syntax) {
        this.syntax = syntax;
        this.syntaxError = Reply.of(501, "5.5.4", "Syntax: " + syntax);
        this.letters = pack(name(), name().length());
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

    /** The verb that {@code line} begins with, in any case; it ends at a space or the end of the line. */
    static @Nullable Verb of(String line) {
        int length = lengthOf(line);
        if (length > MAX_LENGTH) {
            return null;
        }
        long packed = pack(line, length);
        for (Verb verb : ALL) {
            if (verb.letters == packed) {
                return verb;
            }
        }
        return null;
    }

    /** How many characters of {@code line} are its verb. */
    static int lengthOf(String line) {
        int space = line.indexOf(' ');
        return space < 0 ? line.length() : space;
    }

    // Eight letters make a long, so that looking up a verb makes no object; 0 where a character is no letter
    private static long pack(String text, int length) {
        long packed = 0;
        for (int i = 0; i < length; i++) {
            char upper = (char) (text.charAt(i) & ~0x20);
            if (upper < 'A' || upper > 'Z') {
                return 0;
            }
            packed = packed << 8 | upper;
        }
        return packed;
    }
}
