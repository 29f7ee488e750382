package io.postern.smtp.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.postern.smtp.SmtpServer;
import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.MovableClock;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.Sending;
import io.postern.smtp.testkit.TestCertificate;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Runs classes that use the extension as a user would, and looks at what JUnit made of them. */
class SmtpServerExtensionTest {

    private static final Set<Object> SEEN = ConcurrentHashMap.newKeySet();

    private static EngineExecutionResults run(Class<?>... examples) {
        SEEN.clear();
        return EngineTestKit.engine("junit-jupiter")
                .selectors(Arrays.stream(examples)
                        .map(DiscoverySelectors::selectClass)
                        .toArray(DiscoverySelector[]::new))
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "16")
                .execute();
    }

    private static List<String> failures(Class<?>... examples) {
        return run(examples).allEvents().failed().stream()
                .map(SmtpServerExtensionTest::message)
                .toList();
    }

    private static String message(Event event) {
        return event.getRequiredPayload(TestExecutionResult.class)
                .getThrowable()
                .map(Throwable::getMessage)
                .orElse("");
    }

    private static void send(TestSmtpServer server, String recipient, String subject) {
        Sending.send(server, Sending.message(subject), recipient);
    }

    static class Shared {

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension();

        @Test
        void first(TestSmtpServer server, Inbox inbox) {
            SEEN.add(server.port());
            SEEN.add(SMTP.server().port());
            send(server, inbox.address("anne"), "first");
            assertThat(inbox.await().mail().subject()).isEqualTo("first");
        }

        @Test
        void anotherDomainGoesToTheOnlyTestThatRuns(TestSmtpServer server, Inbox inbox) {
            SEEN.add(server.port());
            send(server, "bart@elsewhere.example", "second");
            assertThat(inbox.await().rcptTos()).containsExactly("bart@elsewhere.example");
        }

        @Nested
        class Inner {

            @Test
            void nestedClassesHaveTheSameServer(TestSmtpServer server, Inbox inbox) {
                SEEN.add(server.port());
                assertThat(inbox.isEmpty()).isTrue();
            }
        }
    }

    @Test
    void aStaticFieldIsOneServerForTheClassAndThoseNestedInIt() {
        run(Shared.class).testEvents().assertStatistics(stats -> stats.succeeded(3));
        assertThat(SEEN).hasSize(1);
    }

    static class ForEachTest {

        @RegisterExtension
        final SmtpServerExtension smtp = new SmtpServerExtension();

        @RepeatedTest(3)
        void hasItsOwn(TestSmtpServer server, Inbox inbox) {
            SEEN.add(server.server());
            send(server, "anyone@example.org", "hi");
            assertThat(inbox.await(1)).hasSize(1);
        }
    }

    @Test
    void anInstanceFieldIsAServerForEachTest() {
        run(ForEachTest.class).testEvents().assertStatistics(stats -> stats.succeeded(3));
        assertThat(SEEN).hasSize(3);
    }

    @Execution(ExecutionMode.CONCURRENT)
    static class Parallel {

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension();

        @RepeatedTest(200)
        void getsItsOwnMailOnly(TestSmtpServer server, Inbox inbox) {
            SEEN.add(server.port());
            send(server, inbox.address("anne"), inbox.domain());
            send(server, inbox.address("bart"), inbox.domain());
            assertThat(inbox.await(2))
                    .hasSize(2)
                    .allMatch(message -> message.mail().subject().equals(inbox.domain()));
        }
    }

    @Test
    void twoHundredTestsInParallelShareAServerAndNoMailTenTimes() {
        for (int time = 0; time < 10; time++) {
            run(Parallel.class)
                    .testEvents()
                    .assertStatistics(stats -> stats.succeeded(200).failed(0));
            assertThat(SEEN).hasSize(1);
        }
    }

    abstract static class Inherited {

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension();

        private static final CyclicBarrier BOTH_RUN = new CyclicBarrier(2);

        @Test
        void isTheServerOfItsClass(TestSmtpServer server, Inbox inbox) throws Exception {
            BOTH_RUN.await(10, TimeUnit.SECONDS);
            assertThatIllegalStateException().isThrownBy(SMTP::server).withMessageStartingWith("2 servers run now");
            send(server, inbox.address("anne"), getClass().getSimpleName());
            BOTH_RUN.await(10, TimeUnit.SECONDS);
            assertThat(inbox.messages())
                    .singleElement()
                    .satisfies(message -> assertThat(message.mail().subject())
                            .isEqualTo(getClass().getSimpleName()));
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    static class InheritedByOne extends Inherited {}

    @Execution(ExecutionMode.CONCURRENT)
    static class InheritedByAnother extends Inherited {}

    @Test
    void classesThatInheritTheExtensionAndRunAtTheSameTimeAreNotGivenTheServerOfAnother() {
        assertThat(failures(InheritedByOne.class, InheritedByAnother.class)).isEmpty();
    }

    static class NobodyLooks {

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension();

        @Test
        void atTheMessage(TestSmtpServer server, Inbox inbox) {
            send(server, inbox.address("anne"), "one");
            send(server, inbox.address("bart"), "two");
            inbox.await(message -> message.rcptTos().contains(inbox.address("bart")));
        }
    }

    @Test
    void aMessageThatNobodyLookedAtFailsItsTest() {
        assertThat(failures(NobodyLooks.class))
                .singleElement()
                .asString()
                .startsWith("messages that nobody looked at: [<app@example.org> to [anne@t1.example.test]");
    }

    /** An application that keeps sending when the test that made it do so is over. */
    @TestMethodOrder(MethodOrderer.MethodName.class)
    static class Late {

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension();

        private static Inbox over;

        @Test
        void a(Inbox inbox) {
            over = inbox;
        }

        @Test
        void b(TestSmtpServer server, Inbox inbox) {
            send(server, over.address("anne"), "late");
            Sending.send(server, over, Sending.message("late, logged in"), "anne@elsewhere.example");
            assertThat(inbox.isEmpty()).isTrue();
        }
    }

    @Test
    void lateMailOfATestThatIsOverIsNotTheNextOnesAndFailsTheClass() {
        assertThat(failures(Late.class))
                .singleElement()
                .asString()
                .startsWith("messages that were no test's: [<app@example.org> to [anne@t1.example.test]")
                .contains("to [anne@elsewhere.example]");
    }

    @Execution(ExecutionMode.CONCURRENT)
    static class LoggedIn {

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension();

        @RepeatedTest(50)
        void getsTheMailOfItsCredentialsWhereverItGoes(TestSmtpServer server, Inbox inbox) {
            Sending.send(server, inbox, Sending.message(inbox.domain()), "anne@example.org", "bart@t1.example.test");
            Sending.send(server, inbox, Sending.message(inbox.domain()), "anne@example.org");
            assertThat(inbox.await(2))
                    .hasSize(2)
                    .allMatch(message -> message.mail().subject().equals(inbox.domain()));
        }
    }

    @Test
    void testsInParallelAreToldApartByCredentials() {
        assertThat(failures(LoggedIn.class)).isEmpty();
    }

    static class WrongPassword {

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension();

        @Test
        void isRefused(TestSmtpServer server, Inbox inbox) {
            try (RawSmtpClient client = server.connect()) {
                client.expect(220);
                client.command("EHLO client.example").expect(250);
                client.command(Sending.authPlain(inbox.username(), "wrong")).expect(535);
                client.command(Sending.authPlain("nobody", inbox.password())).expect(535);
            }
        }
    }

    @Test
    void otherCredentialsAreRefused() {
        assertThat(failures(WrongPassword.class)).isEmpty();
    }

    static class WithOptions {

        private static final TestCertificate CERTIFICATE = TestCertificate.create();
        private static final MovableClock CLOCK = new MovableClock(Instant.EPOCH);

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension(
                        TestSmtpServer.defaultOptions().setTls(CERTIFICATE.serverOptions()))
                .clock(CLOCK);

        @Test
        void encrypts(TestSmtpServer server, Inbox inbox) {
            CLOCK.set(Instant.EPOCH.plus(Duration.ofDays(1)));
            try (RawSmtpClient client = server.connect()) {
                client.expect(220);
                client.command("EHLO client.example").expect(250);
                client.command("STARTTLS").expect(220);
                client.startTls(CERTIFICATE.sslContext());
                client.command("EHLO client.example").expect(250);
                Sending.send(client, Sending.message("hi"), inbox.address("anne"));
            }
            assertThat(inbox.await().ssl()).isTrue();
            assertThat(inbox.await().receivedAt()).isEqualTo("1970-01-02T00:00:00Z");
        }
    }

    @Test
    void optionsAndClockAreThoseThatAreGiven() {
        assertThat(failures(WithOptions.class)).isEmpty();
    }

    @Test
    void theServerIsClosedAfterTheLastTest() {
        run(Shared.class);
        for (Object port : SEEN) {
            assertThatThrownBy(() -> RawSmtpClient.connect("127.0.0.1", (Integer) port))
                    .isInstanceOf(UncheckedIOException.class);
        }
        assertThatIllegalStateException().isThrownBy(Shared.SMTP::server);
        run(ForEachTest.class);
        assertThat(SEEN).allMatch(server -> ((SmtpServer) server).addresses().isEmpty());
    }

    static class Allowed {

        @RegisterExtension
        static final SmtpServerExtension SMTP = new SmtpServerExtension().allowUnexpected();

        @Test
        void unread(TestSmtpServer server) {
            send(server, "anne@example.org", "one");
        }
    }

    @Test
    void unexpectedMailCanBeAllowed() {
        assertThat(failures(Allowed.class)).isEmpty();
    }

    @Test
    void theServerIsThereBeforeTheFirstTestAndNotEarlier() {
        assertThatIllegalStateException().isThrownBy(() -> new SmtpServerExtension().server());
    }

    @ExtendWith(VertxExtension.class)
    static class WithVertx {

        @Test
        void hasAServerToo(Vertx vertx, TestSmtpServer server) {
            assertThat(vertx).isNotNull();
            send(server, "anne@example.org", "hi");
            assertThat(server.inbox().await().mail().text()).isEqualTo("hi\n");
        }
    }

    @Test
    void vertxExtensionGivesAServer() {
        run(WithVertx.class).testEvents().assertStatistics(stats -> stats.succeeded(1));
    }
}
