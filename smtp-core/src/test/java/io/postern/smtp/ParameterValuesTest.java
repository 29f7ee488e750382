package io.postern.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What handlers read of MAIL, RCPT and EHLO. */
class ParameterValuesTest {

    private static MailParameters mail(String text) {
        return new MailParameters(
                OptionalLong.empty(),
                BodyType.SEVENBIT,
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                text);
    }

    @Test
    void theValueOfAParameterIsFoundInAnyCaseAndKeepsItsOwn() {
        MailParameters parameters = mail("Size=10  X-Foo=BaR X-FLAG X-EMPTYISH==");
        assertThat(parameters.value("SIZE")).contains("10");
        assertThat(parameters.value("x-foo")).contains("BaR");
        assertThat(parameters.value("x-flag")).contains("");
        assertThat(parameters.value("X-FOO=BaR")).isEmpty();
        assertThat(parameters.value("X-F")).isEmpty();
        assertThat(parameters.value("")).isEmpty();
        assertThat(new RcptParameters(Optional.empty(), Optional.empty(), "X=1=2").value("x"))
                .contains("1=2");
    }

    @Test
    void theOptionsAreTheParametersOneByOne() {
        assertThat(mail("Size=10  X-Flag").options()).containsExactly("Size=10", "X-Flag");
        assertThat(MailParameters.NONE.options()).isEmpty();
        assertThat(RcptParameters.NONE.options()).isEmpty();
        assertThat(MailParameters.NONE.value("SIZE")).isEmpty();
    }

    @Test
    void anEhloReplyIsChangedLineByLine() {
        EhloReply planned = EhloReply.of("mx.example", List.of("PIPELINING", "SIZE 1000", "HELP"));
        assertThat(planned.has("size")).isTrue();
        assertThat(planned.has("SIZ")).isFalse();
        assertThat(planned.line("Size")).contains("SIZE 1000");
        assertThat(planned.with("size 5").lines()).containsExactly("PIPELINING", "size 5", "HELP");
        assertThat(planned.with("X-FOO").lines()).containsExactly("PIPELINING", "SIZE 1000", "HELP", "X-FOO");
        assertThat(planned.without("help").lines()).containsExactly("PIPELINING", "SIZE 1000");
        assertThat(planned.without("NOPE").lines()).isEqualTo(planned.lines());
        assertThat(planned.lines()).hasSize(3);
        assertThat(planned.hostName()).isEqualTo("mx.example");
        assertThat(planned.toReply()).hasToString("250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 HELP");
        assertThat(EhloReply.of("mx.example", List.of()).toReply()).hasToString("250 mx.example");
    }

    @Test
    void anEhloReplyTakesNoControlCharacters() {
        assertThatIllegalArgumentException().isThrownBy(() -> EhloReply.of("mx\r\n", List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EhloReply.of("mx", List.of()).with("A\n250 B"));
    }

    @Test
    void aRefusalIsAReplyOf4xxOr5xx() {
        assertThat(new SmtpException(550, "5.1.1", "no").isPermanent()).isTrue();
        assertThat(new SmtpException(Reply.of(450, "later")).isTransient()).isTrue();
        assertThatIllegalArgumentException().isThrownBy(() -> new SmtpException(Reply.ok()));
        assertThatIllegalArgumentException().isThrownBy(() -> new SmtpException(Replies.START_DATA));
    }
}
