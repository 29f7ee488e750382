package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpositionFormatTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/openmetrics-text",
                "Application/OpenMetrics-Text; version=1.0.0",
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            })
    void whoWantsOpenMetricsGetsIt(String accept) {
        assertThat(ExpositionFormat.accepted(accept)).isEqualTo(ExpositionFormat.OPEN_METRICS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",;,",
                "*/*",
                "text/html",
                "text/plain;version=0.0.4",
                "application/openmetrics-text;q=0",
                "application/openmetrics-text;q=0.4, text/plain;q=0.5",
                "x/application/openmetrics-text",
            })
    void allOthersGetText(String accept) {
        assertThat(ExpositionFormat.accepted(accept)).isEqualTo(ExpositionFormat.TEXT);
    }

    @Test
    void whoSaysNothingGetsText() {
        assertThat(ExpositionFormat.accepted(null)).isEqualTo(ExpositionFormat.TEXT);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:9464, 127.0.0.1, 9464",
        ":9464, localhost, 9464",
        "0.0.0.0:0, 0.0.0.0, 0",
        "[::1]:9464, ::1, 9464",
    })
    void metersAreOnTheLoopbackInterfaceUnlessAHostIsGiven(String text, String host, int port) {
        assertThat(MetricsEndpoint.address(text)).isEqualTo(new ListenAddress.Inet(host, port));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "9464", "localhost", "[::1]", "unix:/run/postern:1", ":65536", "a b:1"})
    void whatIsNoAddressIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> MetricsEndpoint.address(text));
    }
}
