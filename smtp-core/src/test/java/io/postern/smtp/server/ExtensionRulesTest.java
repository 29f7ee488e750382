package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.postern.smtp.Extension;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExtensionRulesTest {

    private record Given(
            Optional<String> verb, Optional<String> ehloLine, Set<String> mailParameters, Set<String> rcptParameters)
            implements Extension {}

    private static Extension verb(String verb) {
        return new Given(Optional.of(verb), Optional.empty(), Set.of(), Set.of());
    }

    private static Extension ehloLine(String line) {
        return new Given(Optional.empty(), Optional.of(line), Set.of(), Set.of());
    }

    private static Extension parameters(String mail, String rcpt) {
        return new Given(Optional.empty(), Optional.empty(), Set.of(mail), Set.of(rcpt));
    }

    @ParameterizedTest
    @ValueSource(strings = {"xtime", "X", "X-TIME", "MAIL", "QUIT", "LHLO"})
    void aVerbThatIsMalformedOrTakenIsRefused(String verb) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExtensionRules.check(verb(verb), List.of()))
                .withMessageContaining("\"" + verb + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SIZE 5", "size", "8BITMIME", "-X", "X  Y", "X\tY", ""})
    void aLineThatIsMalformedOrTakenIsRefused(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExtensionRules.check(ehloLine(line), List.of()))
                .withMessageContaining("ehloLine");
    }

    @ParameterizedTest
    @CsvSource({
        "SIZE, XOK, mailParameters", "xlow, XOK, mailParameters",
        "XOK, ORCPT, rcptParameters", "XOK, X_, rcptParameters",
    })
    void aParameterThatIsMalformedOrTakenIsRefused(String mail, String rcpt, String property) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExtensionRules.check(parameters(mail, rcpt), List.of()))
                .withMessageContaining(property);
    }

    @Test
    void whatAnotherExtensionHasIsTaken() {
        List<Extension> others = List.of(verb("XTIME"), ehloLine("XTIME 1"), parameters("XA", "XB"));
        assertThatIllegalArgumentException().isThrownBy(() -> ExtensionRules.check(verb("XTIME"), others));
        assertThatIllegalArgumentException().isThrownBy(() -> ExtensionRules.check(ehloLine("xtime 2"), others));
        assertThatIllegalArgumentException().isThrownBy(() -> ExtensionRules.check(parameters("XA", "XC"), others));
        assertThatIllegalArgumentException().isThrownBy(() -> ExtensionRules.check(parameters("XC", "XB"), others));
        assertThatCode(() -> ExtensionRules.check(parameters("XB", "XA"), others))
                .doesNotThrowAnyException();
    }
}
