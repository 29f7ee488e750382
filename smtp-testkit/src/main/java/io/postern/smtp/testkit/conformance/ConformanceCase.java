package io.postern.smtp.testkit.conformance;

import io.postern.smtp.testkit.Dialogue;
import io.postern.smtp.testkit.RawSmtpClient;
import java.util.Locale;
import java.util.Set;

/**
 * One thing that a server has to get right.
 *
 * @param name says what, as a sentence
 * @param source the section of the RFC that says so, or what else does
 * @param level how strictly it does
 * @param needs the keywords of EHLO without which there is nothing to test
 * @param check leads a fresh connection, and throws an {@link AssertionError} when the server gets it wrong
 */
public record ConformanceCase(String name, String source, Level level, Set<String> needs, Check check) {

    /** RFC 2119. */
    public enum Level {
        MUST,
        SHOULD
    }

    /** Leads one connection, whose greeting is still to be read; it is closed afterwards. */
    @FunctionalInterface
    public interface Check {
        void lead(ConformanceTarget target, RawSmtpClient client);
    }

    public ConformanceCase {
        needs = Set.copyOf(needs);
    }

    static ConformanceCase must(String name, String source, String script) {
        return new ConformanceCase(name, source, Level.MUST, Set.of(), dialogue(script));
    }

    static ConformanceCase should(String name, String source, String script) {
        return new ConformanceCase(name, source, Level.SHOULD, Set.of(), dialogue(script));
    }

    /** This case, for servers that offer these only. */
    ConformanceCase needs(String... keywords) {
        return new ConformanceCase(name, source, level, Set.of(keywords), check);
    }

    /** A dialogue in which {@code HELLO}, {@code FROM} and {@code TO} stand for the words of the target. */
    private static Check dialogue(String script) {
        return (target, client) -> Dialogue.parse(script.replace("HELLO", target.hello() + " conformance.example")
                        .replace("<FROM>", '<' + target.sender() + '>')
                        .replace("<TO>", '<' + target.recipient() + '>'))
                .encrypted(AnyCertificate.CONTEXT)
                .with(client);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%-6s %-22s %s", level, source, name);
    }
}
