package io.postern.smtp.handlers.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.handlers.SinkHandler;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.ReceivedMessage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipientRouterTest {

    private static final Reply FULL = Reply.of(452, "4.2.2", "mailbox full");
    private static final Reply UNKNOWN = Reply.of(550, "5.1.1", "no such user");

    private final List<String> log = new CopyOnWriteArrayList<>();
    private final Scripted org = new Scripted("org", log);
    private final Scripted lists = new Scripted("lists", log);
    private final Scripted rest = new Scripted("rest", log);
    private final RecipientRouter router = RecipientRouter.builder()
            .route("example.org", org)
            .route("*.example.org", lists)
            .otherwise(rest)
            .build();

    /** Begins a transaction for these recipients, all of which are accepted. */
    static void recipients(RawSmtpClient client, String... recipients) {
        client.command("MAIL FROM:<a@sender.example>").expect(250);
        for (String recipient : recipients) {
            client.command("RCPT TO:<" + recipient + ">").expect(250);
        }
    }

    @ParameterizedTest
    @CsvSource({"EHLO, DATA", "EHLO, BDAT", "LHLO, DATA", "LHLO, BDAT"})
    void eachHandlerGetsTheWholeMessageAndItsOwnRecipientsOnly(String hello, String command) {
        boolean lmtp = hello.equals("LHLO");
        try (RoutingServer server = RoutingServer.with(router, new SmtpServerOptions().setLmtp(lmtp));
                RawSmtpClient client = server.greeted(hello)) {
            recipients(client, "x@example.org", "y@elsewhere.example", "z@example.org", "l@lists.example.org");
            String content = "Subject: s\r\n\r\ntext\r\n";
            if (command.equals("DATA")) {
                client.command("DATA").expect(354);
                client.send(content + ".\r\n");
            } else {
                client.send("BDAT 5\r\n" + content.substring(0, 5)).expect(250);
                client.send("BDAT " + (content.length() - 5) + " LAST\r\n" + content.substring(5));
            }
            for (int reply = 0; reply < (lmtp ? 4 : 1); reply++) {
                client.expect(250);
            }
            assertReceived(org, content, "x@example.org", "z@example.org");
            assertReceived(rest, content, "y@elsewhere.example");
            assertReceived(lists, content, "l@lists.example.org");
        }
    }

    private static void assertReceived(Scripted handler, String content, String... recipients) {
        ReceivedMessage message = handler.messages().get(0);
        assertThat(handler.messages()).hasSize(1);
        assertThat(message.text()).isEqualTo(content);
        assertThat(message.mailFrom()).isEqualTo("a@sender.example");
        assertThat(message.rcptTos()).containsExactly(recipients);
    }

    @Test
    void aHandlerIsAskedAboutTheSenderWithItsFirstRecipientAndOnce() {
        try (RoutingServer server = RoutingServer.with(router);
                RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@sender.example>").expect(250);
            assertThat(log).isEmpty();
            client.command("RCPT TO:<x@example.org>").expect(250);
            client.command("RCPT TO:<y@example.org>").expect(250);
            client.command("RCPT TO:<y@other.example>").expect(250);
        }
        assertThat(log)
                .startsWith(
                        "org mail a@sender.example",
                        "org rcpt x@example.org",
                        "org rcpt y@example.org",
                        "rest mail a@sender.example",
                        "rest rcpt y@other.example");
    }

    @Test
    void theEnvelopeOfAHandlerHasTheSenderOnceItHasAcceptedHimAndGrowsWithItsRecipients() {
        org.answering("mail", () -> {
            assertThat(org.envelopes.get(0).sender()).isEmpty();
            return Future.succeededFuture(Replies.SENDER_OK);
        });
        try (RoutingServer server = RoutingServer.with(router);
                RawSmtpClient client = server.client()) {
            recipients(client, "x@example.org", "y@other.example", "z@example.org");
            assertThat(org.envelopes.get(0).mailFrom()).isEqualTo("a@sender.example");
            assertThat(org.envelopes.get(0).rcptTos()).containsExactly("x@example.org");
            client.command("RCPT TO:<last@other.example>").expect(250);
            assertThat(org.envelopes.get(0).rcptTos()).containsExactly("x@example.org", "z@example.org");
        }
    }

    @Test
    void whoRefusesTheSenderRefusesHisRecipientsAndIsNotAskedAgain() {
        org.answering("mail", Reply.of(550, "5.7.1", "no mail from you"));
        try (RoutingServer server = RoutingServer.with(router);
                RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@sender.example>").expect(250);
            for (int i = 0; i < 2; i++) {
                assertThat(client.command("RCPT TO:<x@example.org>").expect(550).text())
                        .contains("no mail from you");
            }
            client.command("RCPT TO:<y@other.example>").expect(250);
            client.command("DATA").expect(354);
            client.command(".").expect(250);
        }
        assertThat(log)
                .filteredOn(entry -> entry.startsWith("org"))
                .containsExactly("org mail a@sender.example", "org disconnect");
        assertThat(rest.messages()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "x@EXAMPLE.org, org",
        "x@lists.example.org, lists",
        "x@deep.lists.Example.ORG, lists",
        "x@notexample.org, rest",
        "x@org, rest",
        "x@[192.0.2.1], rest",
        "postmaster, lists" // the server is mx.example.org
    })
    void theLongestMatchCounts(String recipient, String handler) {
        try (RoutingServer server = RoutingServer.with(router);
                RawSmtpClient client = server.client()) {
            recipients(client, recipient);
        }
        assertThat(log).contains(handler + " rcpt " + recipient);
    }

    @Test
    void aDomainIsTheSameInUnicodeAndInAscii() {
        RecipientRouter umlauts = RecipientRouter.builder()
                .route("b\u00fccher.example", org)
                .route("*.xn--bcher-kva.example", lists)
                .build();
        try (RoutingServer server = RoutingServer.with(umlauts);
                RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@sender.example> SMTPUTF8").expect(250);
            client.command("RCPT TO:<x@xn--bcher-kva.example>").expect(250);
            client.command("RCPT TO:<x@neue.B\u00dcCHER.example>").expect(250);
        }
        assertThat(log).contains("org rcpt x@xn--bcher-kva.example", "lists rcpt x@neue.B\u00dcCHER.example");
    }

    @Test
    void withoutADefaultOtherDomainsAreRefusedAndPostmasterIsNot() {
        RecipientRouter closed =
                RecipientRouter.builder().route("example.net", org).build();
        try (RoutingServer server = RoutingServer.with(closed);
                RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@sender.example>").expect(250);
            assertThat(client.command("RCPT TO:<x@other.example>").expect(550).text())
                    .startsWith("5.7.1");
            client.command("RCPT TO:<postmaster>").expect(250);
        }
        assertThat(log).contains("org rcpt postmaster");
    }

    @Test
    void inLmtpEachRecipientHasTheReplyOfItsHandlerInTheOrderOfTheRecipients() {
        org.answering("data", FULL);
        lists.answering("data", UNKNOWN);
        try (RoutingServer server = RoutingServer.with(router, new SmtpServerOptions().setLmtp(true));
                RawSmtpClient client = server.greeted("LHLO")) {
            recipients(client, "x@example.org", "y@other.example", "z@example.org", "l@a.example.org");
            client.command("DATA").expect(354);
            client.send("hello\r\n.\r\n");
            client.expect(452);
            client.expect(250);
            client.expect(452);
            client.expect(550);
        }
        assertThat(rest.messages()).hasSize(1);
    }

    @Test
    void withPrdrEachRecipientHasTheReplyOfItsHandler() {
        org.answering("data", UNKNOWN);
        try (RoutingServer server = RoutingServer.with(router, new SmtpServerOptions().setPrdr(true));
                RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@sender.example> PRDR").expect(250);
            client.command("RCPT TO:<x@example.org>").expect(250);
            client.command("RCPT TO:<y@other.example>").expect(250);
            client.command("DATA").expect(354);
            client.send("hello\r\n.\r\n");
            client.expect(353);
            client.expect(550);
            client.expect(250);
        }
    }

    @Test
    void inSmtpTheClientReadsTheReplyThatLosesNoMail() {
        org.answering("data", UNKNOWN);
        lists.answering("data", FULL);
        try (RoutingServer server = RoutingServer.with(router);
                RawSmtpClient client = server.client()) {
            recipients(client, "x@example.org", "y@other.example", "l@a.example.org");
            client.command("DATA").expect(354);
            client.command("hello\r\n.").expect(452);

            recipients(client, "x@example.org", "y@other.example");
            client.command("DATA").expect(354);
            client.command("hello\r\n.").expect(550);
        }
        assertThat(rest.messages()).hasSize(2);
    }

    @Test
    void whenAllRefuseBeforeTheyReadTheClientReadsThatInPlaceOf354() {
        org.answering("data", UNKNOWN);
        rest.answering("data", FULL);
        try (RoutingServer server = RoutingServer.with(router);
                RawSmtpClient client = server.client()) {
            recipients(client, "x@example.org", "y@other.example");
            client.command("DATA").expect(452);
        }
    }

    @Test
    void aHandlerThatFailsIsAnsweredAsItWantsAndDisturbsNobody() {
        Scripted failing = new Scripted("failing", log) {
            @Override
            public Reply handleException(io.postern.smtp.Session session, Throwable failure) {
                return Reply.of(451, "4.2.0", "disk is away");
            }
        };
        failing.answering("data", () -> {
            throw new IllegalStateException("broken");
        });
        RecipientRouter routes = RecipientRouter.builder()
                .route("example.org", failing)
                .otherwise(rest)
                .build();
        try (RoutingServer server = RoutingServer.with(routes, new SmtpServerOptions().setLmtp(true));
                RawSmtpClient client = server.greeted("LHLO")) {
            recipients(client, "x@example.org", "y@other.example");
            client.command("DATA").expect(354);
            client.send("hello\r\n.\r\n");
            assertThat(client.expect(451).text()).contains("disk is away");
            client.expect(250);
        }
        assertThat(rest.messages()).hasSize(1);
    }

    @Test
    void aHandlerThatFailsAtRcptIsAnsweredAsItWants() {
        Scripted failing = new Scripted("failing", log) {
            @Override
            public Reply handleException(io.postern.smtp.Session session, Throwable failure) {
                return Reply.of(451, "4.4.3", "directory is away");
            }
        };
        failing.answering("rcpt", () -> Future.failedFuture(new IllegalStateException("broken")));
        RecipientRouter routes = RecipientRouter.builder().otherwise(failing).build();
        try (RoutingServer server = RoutingServer.with(routes);
                RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@sender.example>").expect(250);
            assertThat(client.command("RCPT TO:<x@example.org>").expect(451).text())
                    .contains("directory is away");
        }
    }

    @Test
    void rsetIsToldToThoseThatWereAskedInTheTransaction() {
        try (RoutingServer server = RoutingServer.with(router);
                RawSmtpClient client = server.client()) {
            recipients(client, "l@a.example.org");
            client.command("RSET").expect(250);
            recipients(client, "x@example.org", "y@other.example");
            log.clear();
            client.command("RSET").expect(250);
            assertThat(log).containsExactly("org rset [x@example.org]", "rest rset [y@other.example]");
            log.clear();
            client.command("RSET").expect(250);
            assertThat(log).isEmpty();
        }
    }

    @Test
    void theDisconnectIsToldOnceToThoseThatWereAskedInTheSession() {
        try (RoutingServer server = RoutingServer.with(router)) {
            try (RawSmtpClient client = server.client()) {
                recipients(client, "x@example.org");
                client.command("RSET").expect(250);
                recipients(client, "x@example.org", "y@other.example");
            }
            server.client().close();
            server.drain();
        }
        assertThat(log)
                .filteredOn(entry -> entry.endsWith("disconnect"))
                .containsExactly("org disconnect", "rest disconnect");
        assertThat(router.openSessions()).isZero();
    }

    @Test
    void vrfyAndExpnLeadToTheHandlerOfTheDomain() {
        org.answering("vrfy", Reply.of(250, "2.1.5", "<anne@example.org>"));
        lists.answering("expn", Reply.of(250, "2.1.5", "<bart@example.org>"));
        try (RoutingServer server = RoutingServer.with(router);
                RawSmtpClient client = server.client()) {
            client.command("VRFY <anne@example.org>").expect(250);
            client.command("EXPN staff@lists.example.org").expect(250);
            client.command("VRFY anne").expect(252);
            client.command("EXPN staff").expect(502);
        }
        assertThat(log).contains("org disconnect", "lists disconnect");
    }

    @Test
    void aRecipientThatWasAcceptedTooLateIsNotInTheMessage() {
        Promise<Reply> late = Promise.promise();
        org.answering("rcpt", late::future);
        SmtpServerOptions impatient = new SmtpServerOptions().setHandlerTimeout(Duration.ofMillis(200));
        try (RoutingServer server = RoutingServer.with(router, impatient);
                RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@sender.example>").expect(250);
            client.command("RCPT TO:<late@example.org>").expect(451);
            org.answering("rcpt", Replies.RECIPIENT_OK);
            late.complete(Replies.RECIPIENT_OK);
            client.command("RCPT TO:<x@example.org>").expect(250);
            client.command("RCPT TO:<y@other.example>").expect(250);
            client.command("DATA").expect(354);
            client.command(".").expect(250);
        }
        assertThat(org.messages().get(0).rcptTos()).containsExactly("x@example.org");
    }

    @Test
    void aSenderThatWasAcceptedTooLateIsAskedForAgain() {
        Promise<Reply> late = Promise.promise();
        org.answering("mail", late::future);
        SmtpServerOptions impatient = new SmtpServerOptions().setHandlerTimeout(Duration.ofMillis(200));
        try (RoutingServer server = RoutingServer.with(router, impatient);
                RawSmtpClient client = server.client()) {
            client.command("MAIL FROM:<a@sender.example>").expect(250);
            client.command("RCPT TO:<x@example.org>").expect(451);
            org.answering("mail", Replies.SENDER_OK);
            client.command("RCPT TO:<x@example.org>").expect(250);
            late.complete(Reply.of(550, "5.7.1", "too late"));
            client.command("RCPT TO:<z@example.org>").expect(250);
        }
        assertThat(log)
                .startsWith(
                        "org mail a@sender.example",
                        "org mail a@sender.example",
                        "org rcpt x@example.org",
                        "org rcpt z@example.org");
    }

    @Test
    void whetherMessagesAreHeldIsWhatOneOfTheHandlersSays() {
        assertThat(router.holdsMessages()).isTrue();
        assertThat(RecipientRouter.builder()
                        .otherwise(new SinkHandler())
                        .build()
                        .holdsMessages())
                .isFalse();
    }

    @Test
    void routesThatCannotBeAreRefused() {
        RecipientRouter.Builder builder = RecipientRouter.builder().route("example.org", org);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.route("EXAMPLE.org", rest))
                .withMessage("domain is \"EXAMPLE.org\", which is there already");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.route("*example.org", rest))
                .withMessage("domain is \"*example.org\"; expected is one such as example.org or *.example.org");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RecipientRouter.builder().build())
                .withMessage("routes is empty; at least one is needed");
    }
}
