package io.postern.smtp.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Runs classes that use the extension as a user would, and looks at what JUnit made of them. */
class SmtpServerExtensionTest {

    private static final Set<Object> SEEN = ConcurrentHashMap.newKeySet();

    private static EngineExecutionResults run(Class<?> example) {
        SEEN.clear();
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(example))
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "16")
                .execute();
    }

    private static List<String> failures(Class<?> example) {
        return run(example).allEvents().failed().stream()
                .map(SmtpServerExtensionTest::message)
                .toList();
    }

    private static String message(Event event) {
        return event.getRequiredPayload(TestExecutionResult.class)
                .getThrowable()
                .map(Throwable::getMessage)
                .orElse("");
    }

    static void send(TestSmtpServer server, String recipient, String text) {
        try (RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.send(
                    "EHLO client.example\r\nMAIL FROM:<app@example.org>\r\nRCPT TO:<" + recipient + ">\r\nDATA\r\n");
            for (int code : new int[] {250, 250, 250, 354}) {
                client.expect(code);
            }
            client.send("Subject: " + text + "\r\n\r\n" + text + "\r\n.\r\nQUIT\r\n");
            client.expect(250);
            client.expect(221);
        }
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
            assertThat(server.inbox().await().mail().text()).isEqualTo("hi\r\n");
        }
    }

    @Test
    void vertxExtensionGivesAServer() {
        run(WithVertx.class).testEvents().assertStatistics(stats -> stats.succeeded(1));
    }
}
