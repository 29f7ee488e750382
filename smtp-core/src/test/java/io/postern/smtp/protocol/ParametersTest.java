package io.postern.smtp.protocol;

import static io.postern.smtp.protocol.EngineHarness.smtp;
import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.BodyType;
import io.postern.smtp.Covers;
import io.postern.smtp.DsnNotify;
import io.postern.smtp.DsnReturn;
import io.postern.smtp.MailParameters;
import io.postern.smtp.OriginalRecipient;
import io.postern.smtp.RcptParameters;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {

    @Test
    @Covers({"RFC 1870 §3", "RFC 6152 §2", "RFC 3461 §4.3", "RFC 3461 §4.4", "RFC 6531 §3.1"})
    void theParametersOfMailAreTyped() {
        RecordingOutput output = smtp().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example> SIZE=1000 BODY=8bitmime SMTPUTF8 RET=HDRS ENVID=QQ+2B1+3D
                S: 250 2.1.0 OK
                """);
        MailParameters parameters = output.sender().parameters();
        assertThat(parameters.size()).hasValue(1000);
        assertThat(parameters.body()).isEqualTo(BodyType.EIGHTBITMIME);
        assertThat(parameters.smtpUtf8()).isTrue();
        assertThat(parameters.ret()).contains(DsnReturn.HDRS);
        assertThat(parameters.envelopeId()).contains("QQ+1=");
        assertThat(parameters.options())
                .containsExactly("SIZE=1000", "BODY=8bitmime", "SMTPUTF8", "RET=HDRS", "ENVID=QQ+2B1+3D");
    }

    @Test
    @Covers({"RFC 3461 §4.1", "RFC 3461 §4.2"})
    void theParametersOfRcptAreTyped() {
        RecordingOutput output = smtp().afterMail().plays("""
                C: RCPT TO:<a@b.example> NOTIFY=success,DELAY ORCPT=rfc822;Bob+40b.example
                S: 250 2.1.5 OK
                """);
        RcptParameters parameters = output.recipient().parameters();
        assertThat(parameters.notifyOn()).contains(Set.of(DsnNotify.SUCCESS, DsnNotify.DELAY));
        assertThat(parameters.originalRecipient()).contains(new OriginalRecipient("rfc822", "Bob@b.example"));
    }

    @Test
    @Covers("RFC 3461 §4.1")
    void notifyNeverIsAnEmptySetAndNoNotifyIsNone() {
        RecordingOutput output = smtp().afterMail().plays("""
                C: RCPT TO:<a@b.example> NOTIFY=NEVER
                S: 250 2.1.5 OK
                """);
        assertThat(output.recipient().parameters().notifyOn()).contains(Set.of());
        output = smtp().afterMail().plays("""
                C: RCPT TO:<a@b.example>
                S: 250 2.1.5 OK
                """);
        assertThat(output.recipient().parameters().notifyOn()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SIZE",
                "SIZE=",
                "SIZE=x",
                "SIZE=-1",
                "SIZE=+1",
                "SIZE=123456789012345678901",
                "BODY",
                "BODY=",
                "BODY=9BIT",
                "SMTPUTF8=yes",
                "RET",
                "RET=",
                "RET=BOTH",
                "ENVID",
                "ENVID=",
                "ENVID=a=b",
                "ENVID=+4",
                "ENVID=+4g",
                "ENVID=+4a",
                "ENVID=+00",
                "ENVID=+0D+0A",
                "ENVID=+7F",
                "ENVID=é",
                "SMTPUTF8 ENVID=é",
                "ENVID={a*101}",
                "=5",
                "S_Z=5",
                "-A=5",
                "ſIZE=5",
                "SIZE=5 =",
                "SIZE=5=6",
            })
    @Covers({"RFC 1870 §3", "RFC 6152 §2", "RFC 3461 §4", "RFC 5321 §4.1.1.11"})
    void aMalformedParameterOfMailIsRefusedWith501(String parameter) {
        RecordingOutput output = smtp().afterEhlo().plays("C: MAIL FROM:<a@b.example> " + parameter + """

                S: 501 5.5.4 Error: malformed parameter
                """);
        assertThat(output.questions()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NOTIFY", "NOTIFY=", "NOTIFY=NEVER,DELAY", "NOTIFY=DELAY,DELAY", "NOTIFY=SOON", "NOTIFY=DELAY,",
                        "NOTIFY=,DELAY",
                "ORCPT", "ORCPT=", "ORCPT=rfc822", "ORCPT=rfc822;", "ORCPT=;a", "ORCPT=rfc 822;a", "ORCPT=rfc_822;a",
                "ORCPT=rfc822;+0A", "ORCPT=rfc822;a=b", "ORCPT=rfc822;é",
            })
    @Covers({"RFC 3461 §4.1", "RFC 3461 §4.2", "RFC 3461 §4"})
    void aMalformedParameterOfRcptIsRefused(String parameter) {
        RecordingOutput output =
                smtp().afterMail().begin().feed("RCPT TO:<a@b.example> " + parameter + "<CR><LF>").output;
        assertThat(output.sentLines()).containsExactly("501 5.5.4 Error: malformed parameter");
        assertThat(output.questions()).isEmpty();
    }

    @Test
    @Covers({"RFC 3461 §4.2", "RFC 6531 §3.3"})
    void inAnSmtpUtf8TransactionAnOriginalRecipientMayBeInUtf8() {
        RecordingOutput output = smtp().afterMail("SMTPUTF8").plays("""
                C: RCPT TO:<a@b.example> ORCPT=utf-8;jürgen@b.example
                S: 250 2.1.5 OK
                """);
        assertThat(output.recipient().parameters().originalRecipient())
                .contains(new OriginalRecipient("utf-8", "jürgen@b.example"));
    }

    @Test
    @Covers("RFC 3461 §4.2")
    void anOriginalRecipientHas500CharactersAtTheMost() {
        smtp().afterMail().plays("""
                C: RCPT TO:<a@b.example> ORCPT=rfc822;{a*494}
                S: 501 5.5.4 ...
                C: RCPT TO:<a@b.example> ORCPT=rfc822;{a*493}
                S: 250 2.1.5 OK
                """);
    }

    @Test
    @Covers("RFC 5321 §4.1.1.11")
    void unknownParametersAreRefusedWith555() {
        smtp().afterEhlo().plays("""
                C: MAIL FROM:<a@b.example> X-FOO=bar
                S: 555 5.5.4 MAIL FROM parameters not recognized or not implemented
                C: MAIL FROM:<a@b.example> NOTIFY=NEVER
                S: 555 5.5.4 MAIL FROM parameters not recognized or not implemented
                C: MAIL FROM:<a@b.example>
                S: 250 2.1.0 OK
                C: RCPT TO:<a@b.example> SIZE=1
                S: 555 5.5.4 RCPT TO parameters not recognized or not implemented
                """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SIZE=1 SIZE=1", "SIZE=1 size=2", "SMTPUTF8 SMTPUTF8", "BODY=7BIT RET=FULL BODY=7BIT"})
    void aParameterGivenTwiceIsRefusedWith501(String parameters) {
        smtp().afterEhlo().plays("C: MAIL FROM:<a@b.example> " + parameters + """

                S: 501 5.5.4 Error: parameter given twice
                """);
    }

    @Test
    @Covers({"RFC 1870 §6.1"})
    void aDeclaredSizeAboveTheLimitIsRefusedAtOnce() {
        smtp().messageSize(1000).afterEhlo().plays("""
                C: MAIL FROM:<a@b.example> SIZE=1001
                S: 552 5.3.4 Error: message size exceeds fixed maximum message size
                C: MAIL FROM:<a@b.example> SIZE=99999999999999999999
                S: 552 5.3.4 Error: message size exceeds fixed maximum message size
                C: MAIL FROM:<a@b.example> SIZE=00000000000000001000
                S: 250 2.1.0 OK
                """);
    }

    @Test
    @Covers("RFC 3030 §3")
    void binaryMimeIsABodyType() {
        assertThat(smtp().afterMail("BODY=BINARYMIME")
                        .begin()
                        .output
                        .sender()
                        .parameters()
                        .body())
                .isEqualTo(BodyType.BINARYMIME);
        smtp().offers(planned -> planned.without("BINARYMIME")).afterEhlo().plays("""
                C: MAIL FROM:<a@b.example> BODY=BINARYMIME
                S: 501 5.5.4 ...
                """);
    }

    @Test
    @Covers({"RFC 5321 §2.2.2"})
    void parametersOfExtensionsAreTakenAndHandedOn() {
        EngineExtension extension =
                new EngineExtension(Optional.empty(), Optional.of("X-FOO"), Set.of("X-FOO"), Set.of("X-BAR"));
        RecordingOutput output = smtp().extension(extension).afterEhlo().plays("""
                C: MAIL FROM:<a@b.example> x-foo=Bar SIZE=5
                S: 250 2.1.0 OK
                C: RCPT TO:<a@b.example> X-BAR
                S: 250 2.1.5 OK
                C: RCPT TO:<a@b.example> X-FOO
                S: 555 5.5.4 ...
                """);
        assertThat(output.sender().parameters().value("X-Foo")).contains("Bar");
        assertThat(output.recipient().parameters().value("x-bar")).contains("");
        assertThat(output.recipient().parameters().value("X-FOO")).isEmpty();
    }
}
