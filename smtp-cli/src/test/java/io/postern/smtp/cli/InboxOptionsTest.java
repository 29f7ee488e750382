package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.postern.smtp.testkit.web.InboxPageOptions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class InboxOptionsTest {

    private static InboxOptions given(String arguments) {
        return CommandLine.populateCommand(new InboxOptions(), arguments.split(" "));
    }

    @Test
    void withoutOptionsThePageIsAsItIsByDefault() {
        assertThat(new InboxOptions().page()).isEqualTo(new InboxPageOptions());
        assertThatCode(new InboxOptions()::checkNone).doesNotThrowAnyException();
    }

    @Test
    void eachOptionIsAPropertyOfThePage() {
        assertThat(given("--ui [::1]:80 --ui-name a.test --ui-name b.test --max-messages 7 --directory mail")
                        .page())
                .isEqualTo(new InboxPageOptions()
                        .setHost("::1")
                        .setPort(80)
                        .setHostNames(List.of("a.test", "b.test"))
                        .setMaxMessages(7)
                        .setDirectory("mail"));
    }

    @Test
    void withoutAHostItIsOnTheLoopbackInterface() {
        assertThat(given("--ui :80").page().getHost()).isEqualTo("127.0.0.1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--ui 8026         | --ui: expected HOST:PORT, :PORT or [IPV6]:PORT",
                "--ui unix:/s:1    | --ui: expected HOST:PORT, :PORT or [IPV6]:PORT",
                "--ui :65536       | --ui: port is 65536; allowed is 0 to 65535",
                "--ui-name a:1     | --ui-name: hostNames has \"a:1\"",
                "--max-messages 0  | --max-messages: maxMessages is 0; allowed is 1 to 100000",
            })
    void whatIsWrongIsToldWithTheOption(String arguments, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> given(arguments).page())
                .withMessageStartingWith(message);
    }

    @ParameterizedTest
    @CsvSource({"--ui, :0", "--ui-name, a", "--max-messages, 1", "--directory, mail"})
    void anotherHandlerHasNoneOfThem(String option, String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> given(option + " " + value).checkNone())
                .withMessage(option + " needs handler inbox");
    }
}
