package io.postern.smtp.handlers.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpException;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.handlers.SinkHandler;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HandlerChainTest {

    private static final Reply REFUSED = Reply.of(550, "5.7.1", "not you");

    private final List<String> log = new CopyOnWriteArrayList<>();
    private final Scripted first = new Scripted("first", log);
    private final Scripted second = new Scripted("second", log);
    private final HandlerChain chain = HandlerChain.of(first, second);

    private static void transaction(RawSmtpClient client) {
        client.command("MAIL FROM:<a@example.org>").expect(250);
        client.command("RCPT TO:<b@example.org>").expect(250);
    }

    @Test
    void eachQuestionGoesToAllInTheirOrderAndAMessageToTheLast() {
        try (RoutingServer server = RoutingServer.with(chain)) {
            try (RawSmtpClient client = server.client()) {
                transaction(client);
                client.command("DATA").expect(354);
                client.command("hello\r\n.").expect(250);
                client.command("QUIT").expect(221);
            }
            server.drain();
        }
        assertThat(log)
                .containsExactly(
                        "first connect",
                        "second connect",
                        "first mail a@example.org",
                        "second mail a@example.org",
                        "first rcpt b@example.org",
                        "second rcpt b@example.org",
                        "second data [b@example.org]",
                        "first quit",
                        "second quit",
                        "first disconnect",
                        "second disconnect");
        assertThat(second.messages().get(0).text()).isEqualTo("hello\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "helo, HELO client.example, 550",
        "mail, MAIL FROM:<a@example.org>, 550",
        "rcpt, RCPT TO:<b@example.org>, 550",
        "noop, NOOP, 550"
    })
    void theFirstRefusalIsTheAnswerAndNobodyBehindItIsAsked(String hook, String command, int code) {
        first.answering(hook, REFUSED);
        try (RoutingServer server = RoutingServer.with(chain);
                RawSmtpClient client = server.client()) {
            if (hook.equals("rcpt")) {
                client.command("MAIL FROM:<a@example.org>").expect(250);
            }
            assertThat(client.command(command).expect(code).text()).contains("not you");
        }
        assertThat(log).noneMatch(entry -> entry.startsWith("second " + hook));
    }

    @Test
    void aRefusalOfTheGreetingIsTheAnswerToTheClient() {
        first.answering("connect", Reply.of(554, "5.7.1", "no service"));
        try (RoutingServer server = RoutingServer.with(chain);
                RawSmtpClient client = server.connect()) {
            client.expect(554);
            server.drain();
        }
        assertThat(log).containsExactly("first connect", "first disconnect", "second disconnect");
    }

    @Test
    void aFailureOfTheFirstIsAnsweredAsTheFirstThatSaysSomethingWants() {
        first.answering("rcpt", () -> Future.failedFuture(new IllegalStateException("lookup failed")));
        SmtpHandler wording = new SmtpHandler() {
            @Override
            public Reply handleException(Session session, Throwable failure) {
                return Reply.of(451, "4.4.3", "directory is down");
            }
        };
        try (RoutingServer server = RoutingServer.with(HandlerChain.of(first, wording, second));
                RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@example.org>").expect(250);
            assertThat(client.command("RCPT TO:<b@example.org>").expect(451).text())
                    .contains("directory is down");
        }
        assertThat(log).noneMatch(entry -> entry.startsWith("second rcpt"));
    }

    @Test
    void aRefusalByExceptionIsARefusal() {
        first.answering("mail", () -> {
            throw new SmtpException(REFUSED);
        });
        try (RoutingServer server = RoutingServer.with(chain);
                RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@example.org>").expect(550);
        }
        assertThat(log).contains("first mail a@example.org").noneMatch(entry -> entry.startsWith("second mail"));
    }

    /** Adds a line to what it is given for EHLO and HELP. */
    private record Adding(String word) implements SmtpHandler {
        @Override
        public Future<EhloReply> handleEhlo(Session session, String hostName, EhloReply planned) {
            return Future.succeededFuture(planned.with("X-" + word));
        }

        @Override
        public Future<Reply> handleHelp(Session session, String topic, Reply planned) {
            return Future.succeededFuture(Reply.of(planned.code(), planned.text() + "\n" + word));
        }
    }

    @Test
    void ehloAndHelpAreHandedFromOneToTheNext() {
        try (RoutingServer server =
                        RoutingServer.with(HandlerChain.of(new Adding("ONE"), new Adding("TWO"), new SinkHandler()));
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            assertThat(client.command("EHLO client.example").expect(250).lines())
                    .containsSubsequence("X-ONE", "X-TWO");
            assertThat(client.command("HELP").expect(214).text())
                    .contains("ONE")
                    .endsWith("TWO");
        }
    }

    @Test
    void vrfyAndExpnAreAnsweredByTheFirstThatSaysMoreThanTheDefault() {
        second.answering("expn", Reply.of(250, "2.1.5", "<anne@example.org>"));
        first.answering("vrfy", Reply.of(250, "2.1.5", "<bart@example.org>"));
        try (RoutingServer server = RoutingServer.with(chain);
                RawSmtpClient client = server.client()) {
            assertThat(client.command("EXPN staff").expect(250).text()).contains("anne");
            assertThat(client.command("VRFY bart").expect(250).text()).contains("bart");
        }
        assertThat(log).contains("first expn staff", "second expn staff", "first vrfy bart");
        assertThat(log).doesNotContain("second vrfy bart");
    }

    @Test
    void rsetAndQuitAreToldToAllAlsoWhenTheFirstRefusesOrFails() {
        first.answering("rset", () -> {
            throw new SmtpException(451, "4.3.0", "not now");
        });
        first.answering("quit", Reply.of(421, "4.3.0", "go away"));
        try (RoutingServer server = RoutingServer.with(chain);
                RawSmtpClient client = server.client()) {
            transaction(client);
            client.command("RSET").expect(451);
            client.command("QUIT").expect(421);
        }
        assertThat(log)
                .contains("first rset [b@example.org]", "second rset [b@example.org]", "first quit", "second quit");
    }

    @Test
    void theDisconnectIsToldToAllOnceAlsoWhenTheFirstThrows() {
        SmtpHandler broken = new SmtpHandler() {
            @Override
            public void handleDisconnect(Session session) {
                log.add("broken disconnect");
                throw new IllegalStateException("broken");
            }
        };
        try (RoutingServer server = RoutingServer.with(HandlerChain.of(broken, first, second))) {
            server.client().close();
            server.drain();
        }
        assertThat(log)
                .filteredOn(entry -> entry.endsWith("disconnect"))
                .containsExactly("broken disconnect", "first disconnect", "second disconnect");
    }

    @Test
    void whoAnswersOnAnotherThreadLeavesTheNextOnTheContextOfTheSession() {
        AtomicReference<Boolean> onOwnContext = new AtomicReference<>(false);
        first.answering("rcpt", () -> {
            Promise<Reply> answer = Promise.promise();
            new Thread(() -> answer.complete(Replies.RECIPIENT_OK), "elsewhere").start();
            return answer.future();
        });
        SmtpHandler looking = new SmtpHandler() {
            @Override
            public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
                onOwnContext.set(session.context().equals(Vertx.currentContext()));
                return Future.succeededFuture(REFUSED);
            }
        };
        try (RoutingServer server = RoutingServer.with(HandlerChain.of(first, looking));
                RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@example.org>").expect(250);
            client.command("RCPT TO:<b@example.org>").expect(550);
        }
        assertThat(onOwnContext.get()).isTrue();
    }

    @Test
    void anAnswerThatComesTooLateLeadsToNoFurtherHook() {
        Promise<Reply> late = Promise.promise();
        first.answering("rcpt", late::future);
        SmtpServerOptions impatient = new SmtpServerOptions().setHandlerTimeout(Duration.ofMillis(200));
        try (RoutingServer server = RoutingServer.with(chain, impatient)) {
            try (RawSmtpClient client = server.client()) {
                client.command("MAIL FROM:<a@example.org>").expect(250);
                client.command("RCPT TO:<b@example.org>").expect(451);
                client.command("NOOP").expect(250); // asks both: the late answer belongs to no question
                late.complete(Replies.RECIPIENT_OK);
                client.command("NOOP").expect(250);
            }
            server.drain();
        }
        assertThat(log).contains("second noop").noneMatch(entry -> entry.startsWith("second rcpt"));
    }

    @Test
    void anAnswerAfterTheDisconnectLeadsToNoFurtherHook() {
        Promise<Reply> late = Promise.promise();
        Promise<Void> asked = Promise.promise();
        first.answering("rcpt", () -> {
            asked.complete();
            return late.future();
        });
        try (RoutingServer server = RoutingServer.with(chain)) {
            RawSmtpClient client = server.client();
            client.command("MAIL FROM:<a@example.org>").expect(250);
            client.send("RCPT TO:<b@example.org>\r\n");
            RoutingServer.await(asked.future());
            client.reset();
            server.drain();
            late.complete(Replies.RECIPIENT_OK);
        } // closing waits for whatever was put on the event loop
        assertThat(log).endsWith("first disconnect", "second disconnect");
        assertThat(log).noneMatch(entry -> entry.startsWith("second rcpt"));
    }

    @Test
    void aProxyIsRefusedByTheFirstThatDoes() {
        first.answering("proxy", REFUSED);
        SmtpServerOptions options =
                new SmtpServerOptions().setProxyProtocol(true).setProxyFrom(List.of("127.0.0.1"));
        try (RoutingServer server = RoutingServer.with(chain, options)) {
            try (RawSmtpClient client = server.connect()) {
                client.send("PROXY TCP4 192.0.2.1 192.0.2.2 1000 25\r\n");
                assertThat(client.readToEnd()).isEmpty();
            }
            try (RawSmtpClient client = server.connect()) {
                client.send("nothing of that kind\r\n");
                assertThat(client.readToEnd()).isEmpty();
            }
            server.drain();
        }
        assertThat(log)
                .containsExactly(
                        "first proxy",
                        "first disconnect",
                        "second disconnect",
                        "first proxyFailure",
                        "second proxyFailure",
                        "first disconnect",
                        "second disconnect");
    }

    @Test
    void tlsMustDoForAll() throws Exception {
        AtomicReference<Session> seen = new AtomicReference<>();
        SmtpHandler noting = new SmtpHandler() {
            @Override
            public Future<Reply> handleConnect(Session session) {
                seen.set(session);
                return SmtpHandler.super.handleConnect(session);
            }
        };
        SmtpHandler strict = new SmtpHandler() {
            @Override
            public Future<Boolean> handleStartTls(Session session, SSLSession tls) {
                return Future.succeededFuture(false);
            }
        };
        try (RoutingServer server = RoutingServer.with(noting);
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            SSLSession tls = SSLContext.getDefault().createSSLEngine().getSession();
            Session session = seen.get();
            assertThat(RoutingServer.await(chain.handleStartTls(session, tls))).isTrue();
            assertThat(RoutingServer.await(
                            HandlerChain.of(first, strict, second).handleStartTls(session, tls)))
                    .isFalse();
        }
    }

    @Test
    void whetherMessagesAreHeldIsForTheLastToSay() {
        assertThat(HandlerChain.of(first, new SinkHandler()).holdsMessages()).isFalse();
        assertThat(HandlerChain.of(new SinkHandler(), first).holdsMessages()).isTrue();
    }

    @Test
    void aChainNeedsAHandler() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HandlerChain.of(List.of()))
                .withMessage("handlers is empty; at least the one that takes the messages is needed");
    }
}
