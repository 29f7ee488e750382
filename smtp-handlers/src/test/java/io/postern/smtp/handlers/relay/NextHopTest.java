package io.postern.smtp.handlers.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NextHopTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mail.example.org:25",
                "192.0.2.1:2525",
                "[2001:db8::1]:25",
                "lmtp:localhost:24",
                "unix:/run/smtp",
                "lmtp:unix:/run/dovecot/lmtp"
            })
    void itReadsWhatItWrites(String text) {
        NextHop hop = NextHop.parse(text);
        assertThat(hop).hasToString(text).isEqualTo(NextHop.parse(text));
        assertThat(hop.lmtp()).isEqualTo(text.startsWith("lmtp:"));
        assertThat(hop.address().isDomainSocket()).isEqualTo(text.contains("unix:"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "mail.example.org",
                ":25",
                "a:0",
                "a:65536",
                "a:b",
                "2001:db8::1:25",
                "[::1]",
                "unix:",
                "lmtp:",
                "a b:25"
            })
    void whatIsNoAddressIsRefused(String text) {
        assertThatThrownBy(() -> NextHop.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nextHop is \"" + text + "\"");
    }

    @Test
    void aHostAndAPortAreTheSameHowEverTheyAreGiven() {
        assertThat(NextHop.parse("mail.example.org:25")).isEqualTo(NextHop.smtp("mail.example.org", 25));
        assertThat(NextHop.parse("lmtp:mail.example.org:24")).isEqualTo(NextHop.lmtp("mail.example.org", 24));
    }
}
