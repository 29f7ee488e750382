package io.postern.smtp.handlers.maildir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaildirOptionsTest {

    private static MaildirOptions unusual() {
        return new MaildirOptions()
                .setSync(MaildirSync.FILE)
                .setLineEnds(MaildirLineEnds.CRLF)
                .setStaleAfter(Duration.ofMinutes(90))
                .setHostName("a:b")
                .setFileThreads(3);
    }

    @Test
    void jsonAndCopiesKeepEveryProperty() {
        JsonObject json = unusual().toJson();
        assertThat(json.fieldNames())
                .containsExactlyInAnyOrder("sync", "lineEnds", "staleAfter", "hostName", "fileThreads");
        assertThat(new MaildirOptions(new JsonObject(json.encode())))
                .isEqualTo(unusual())
                .hasSameHashCodeAs(unusual())
                .isNotEqualTo(new MaildirOptions());
        assertThat(new MaildirOptions(unusual())).isEqualTo(unusual());
        assertThat(new MaildirOptions(new JsonObject())).isEqualTo(new MaildirOptions());
        assertThat(new MaildirOptions().getSync()).isEqualTo(MaildirSync.FULL);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"sync\": \"half\"} | sync is \"half\"; allowed are [NONE, FILE, FULL]",
                "{\"sync\": 1} | sync is 1; expected is a string",
                "{\"staleAfter\": 0} | staleAfter is PT0S; allowed is more than 0",
                "{\"staleAfter\": 1.5} | staleAfter is 1.5; expected is a whole number",
                "{\"fileThreads\": 0} | fileThreads is 0; allowed is 1 to 256",
                "{\"fileThreads\": 99999999999} | fileThreads is 2147483647; allowed is 1 to 256",
                "{\"hostName\": \"a b\"} | hostName is \"a b\"; allowed are 1 to 64 printable ASCII characters",
                "{\"bogus\": 1} | unknown property bogus",
            })
    void whatIsNotAllowedIsNamed(String json, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MaildirOptions(new JsonObject(json)))
                .withMessageContaining(message);
    }
}
