package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListenAddressTest {

    @ParameterizedTest
    @CsvSource({
        "mx.example.org:25, mx.example.org, 25",
        "mx.example.org, mx.example.org, 8025",
        ":2525, '', 2525",
        "0.0.0.0:0, 0.0.0.0, 0",
        "[::1]:25, ::1, 25",
        "[2001:db8::1], 2001:db8::1, 8025",
    })
    void hostAndPortMayBeLeftOut(String text, String host, int port) {
        assertThat(ListenAddress.parse(text)).isEqualTo(new ListenAddress.Inet(host, port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "::1", "a:b", "a:", "a b:25", "[::1", "[::1]25", "[mx]:25", "a:65536", "a:-1", "25", "unix:"
            })
    void whatIsNoAddressIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ListenAddress.parse(text));
    }

    @Test
    void aUnixSocketIsAPathOfAnyKind() {
        assertThat(ListenAddress.parse("unix:relative:8025")).isEqualTo(new ListenAddress.Unix("relative:8025"));
        assertThat(ListenAddress.parse("unix:/run/postern")).hasToString("unix:/run/postern");
    }

    @Test
    void itIsWrittenAsItIsRead() {
        assertThat(new ListenAddress.Inet("::1", 25)).hasToString("[::1]:25");
        assertThat(new ListenAddress.Inet("mx.example.org", 25)).hasToString("mx.example.org:25");
        assertThat(new ListenAddress.Inet("", 25)).hasToString(":25");
    }
}
