package io.postern.smtp.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import io.postern.smtp.testkit.faults.Faults;
import java.util.List;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Runs classes with faults as a user would, and looks at what JUnit made of them. */
class FaultsParameterTest {

    private static EngineExecutionResults run(Class<?> example) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(example))
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "8")
                .execute();
    }

    private static List<String> failures(Class<?> example) {
        return run(example).allEvents().failed().stream()
                .map(event -> event.getRequiredPayload(TestExecutionResult.class)
                        .getThrowable()
                        .map(Throwable::getMessage)
                        .orElse(""))
                .toList();
    }

    private static int codeOfRcpt(TestSmtpServer server, String recipient) {
        try (RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("HELO c").expect(250);
            client.command("MAIL FROM:<a@b.example>").expect(250);
            return client.command("RCPT TO:<" + recipient + ">").code();
        }
    }

    @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
    static class OneAfterTheOther {

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension();

        @Test
        @Order(1)
        void declaresWhatNeverComes(TestSmtpServer server, Faults faults) {
            faults.onMail().reply(451, "4.3.0", "no");
            assertThat(codeOfRcptRefused(server)).isEqualTo(451);
            server.faults().onQuit().close();
        }

        @Test
        @Order(2)
        void hasNothingLeftOfIt(TestSmtpServer server) {
            assertThat(codeOfRcpt(server, "c@d.example")).isEqualTo(250);
        }

        private static int codeOfRcptRefused(TestSmtpServer server) {
            try (RawSmtpClient client = server.connect()) {
                client.expect(220);
                client.command("HELO c").expect(250);
                return client.command("MAIL FROM:<a@b.example>").code();
            }
        }
    }

    @Test
    void aFaultThatNeverCameFailsItsTestAndNoOther() {
        assertThat(failures(OneAfterTheOther.class))
                .singleElement()
                .asString()
                .startsWith("""
                        not all faults that were declared have come:
                          onMail().reply(451 4.3.0 no): came 1 times
                          onQuit().close(): never came
                        the last sessions:
                        """)
                .contains("C: MAIL FROM:<a@b.example>");
    }

    @Execution(ExecutionMode.CONCURRENT)
    static class Parallel {

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension();

        @RepeatedTest(50)
        void hasFaultsOfItsOwn(TestSmtpServer server, Inbox inbox, Faults faults) {
            faults.onRcpt().times(1).reply(450, "4.2.1", inbox.domain());
            assertThat(codeOfRcpt(server, inbox.address("anne"))).isEqualTo(450);
            assertThat(codeOfRcpt(server, inbox.address("anne"))).isEqualTo(250);
        }

        @RepeatedTest(50)
        void hasNone(TestSmtpServer server, Inbox inbox) {
            assertThat(codeOfRcpt(server, inbox.address("anne"))).isEqualTo(250);
        }

        @Test
        void canNotFailTheOthers(TestSmtpServer server, Faults faults) {
            assertThatIllegalStateException()
                    .isThrownBy(faults::onConnect)
                    .withMessageContaining("wants a server of its own");
            assertThatIllegalStateException()
                    .isThrownBy(() -> server.faults().onRcpt())
                    .withMessageContaining("shared by tests that run in parallel");
        }
    }

    @Test
    void testsInParallelHaveFaultsInTheirOwnMailOnly() {
        assertThat(failures(Parallel.class)).isEmpty();
    }

    @Execution(ExecutionMode.CONCURRENT)
    static class EachAServer {

        @RegisterExtension
        final SmtpServerExtension smtp = new SmtpServerExtension();

        @RepeatedTest(5)
        void mayDoAllWithIt(TestSmtpServer server, Faults faults) {
            faults.onConnect().reply(554, "no");
            try (RawSmtpClient client = server.connect()) {
                client.expect(554);
            }
        }
    }

    @Test
    void aTestWithAServerOfItsOwnMayHaveAnyFault() {
        assertThat(failures(EachAServer.class)).isEmpty();
    }
}
