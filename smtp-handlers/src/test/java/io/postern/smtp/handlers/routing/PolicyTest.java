package io.postern.smtp.handlers.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.XClient;
import io.postern.smtp.handlers.SinkHandler;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The policies in a chain, as clients from different addresses see them. */
class PolicyTest {

    private static final String LOGGED_IN = "anne";

    private final AtomicLong nanos =
            new AtomicLong(Long.MAX_VALUE - 1_000); // any value is right, also one that overflows
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

    private static TestSmtpServer serve(SmtpHandler policy) {
        return TestSmtpServer.start(
                HandlerChain.of(policy, new SinkHandler()),
                new SmtpServerOptions().setHostName("mx.example.org"),
                new XClient(List.of("127.0.0.1")));
    }

    /** A client that speaks for somebody else. */
    private static RawSmtpClient from(TestSmtpServer server, String attributes) {
        RawSmtpClient client = server.connect();
        client.expect(220);
        client.command("EHLO relay.example").expect(250);
        client.command("XCLIENT " + attributes).expect(220);
        client.command("EHLO client.example").expect(250);
        return client;
    }

    private static int mail(RawSmtpClient client) {
        int code = client.command("MAIL FROM:<a@sender.example>").code();
        if (code == 250) {
            client.command("RSET").expect(250);
        }
        return code;
    }

    private static int rcpt(RawSmtpClient client, String recipient) {
        client.command("RSET").expect(250);
        client.command("MAIL FROM:<a@sender.example>").expect(250);
        return client.command("RCPT TO:<" + recipient + ">").code();
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
        now.updateAndGet(instant -> instant.plus(time));
    }

    // RateLimit

    @Test
    void soManyMessagesAreTakenAtOnceAndThenOneForEachPartOfThePeriod() {
        RateLimit limit = RateLimit.messages(3, Duration.ofMinutes(1)).withClock(nanos::get);
        try (TestSmtpServer server = serve(limit);
                RawSmtpClient client = from(server, "ADDR=192.0.2.1")) {
            for (int i = 0; i < 3; i++) {
                assertThat(mail(client)).isEqualTo(250);
            }
            assertThat(client.command("MAIL FROM:<a@sender.example>")
                            .expect(450)
                            .text())
                    .startsWith("4.7.1");
            pass(Duration.ofSeconds(19));
            assertThat(mail(client)).isEqualTo(450);
            pass(Duration.ofSeconds(1));
            assertThat(mail(client)).isEqualTo(250);
            assertThat(mail(client)).isEqualTo(450);
            pass(Duration.ofDays(300));
            for (int i = 0; i < 3; i++) {
                assertThat(mail(client)).isEqualTo(250);
            }
            assertThat(mail(client)).isEqualTo(450);
        }
    }

    @Test
    void aClientIsOneAddressInIpv4AndANetworkOf64BitsInIpv6() {
        RateLimit limit = RateLimit.messages(1, Duration.ofMinutes(1)).withClock(nanos::get);
        try (TestSmtpServer server = serve(limit)) {
            assertThat(mailFrom(server, "192.0.2.1")).isEqualTo(250);
            assertThat(mailFrom(server, "192.0.2.2")).isEqualTo(250);
            assertThat(mailFrom(server, "192.0.2.1")).isEqualTo(450);
            assertThat(mailFrom(server, "IPV6:2001:db8:0:1::1")).isEqualTo(250);
            assertThat(mailFrom(server, "IPV6:2001:db8:0:1:ffff::2")).isEqualTo(450);
            assertThat(mailFrom(server, "IPV6:2001:db8:0:2::1")).isEqualTo(250);
        }
    }

    private static int mailFrom(TestSmtpServer server, String address) {
        try (RawSmtpClient client = from(server, "ADDR=" + address)) {
            return mail(client);
        }
    }

    @Test
    void tooManyConnectionsAreSentAway() {
        RateLimit limit = RateLimit.connections(2, Duration.ofMinutes(1)).withClock(nanos::get);
        try (TestSmtpServer server = serve(limit)) {
            for (int i = 0; i < 2; i++) {
                try (RawSmtpClient client = server.connect()) {
                    client.expect(220);
                }
            }
            try (RawSmtpClient client = server.connect()) {
                assertThat(client.expect(421).text()).isEqualTo("Too many connections, try again later");
            }
            pass(Duration.ofSeconds(30));
            try (RawSmtpClient client = server.connect()) {
                client.expect(220);
                client.command("EHLO client.example").expect(250);
                assertThat(mail(client)).isEqualTo(250);
            }
        }
    }

    @Test
    void recipientsAreCountedOverAllMessages() {
        RateLimit limit = RateLimit.recipients(2, Duration.ofMinutes(1)).withClock(nanos::get);
        try (TestSmtpServer server = serve(limit);
                RawSmtpClient client = from(server, "ADDR=192.0.2.1")) {
            assertThat(rcpt(client, "a@example.org")).isEqualTo(250);
            assertThat(rcpt(client, "b@example.org")).isEqualTo(250);
            assertThat(rcpt(client, "c@example.org")).isEqualTo(450);
        }
    }

    @Test
    void theClientThatWasSilentForTheLongestTimeMakesRoom() {
        RateLimit limit =
                RateLimit.messages(1, Duration.ofMinutes(1)).withMaxClients(2).withClock(nanos::get);
        try (TestSmtpServer server = serve(limit)) {
            assertThat(mailFrom(server, "192.0.2.1")).isEqualTo(250);
            assertThat(mailFrom(server, "192.0.2.2")).isEqualTo(250);
            assertThat(mailFrom(server, "192.0.2.1")).isEqualTo(450);
            assertThat(mailFrom(server, "192.0.2.3")).isEqualTo(250); // in the place of 192.0.2.2
            assertThat(mailFrom(server, "192.0.2.1")).isEqualTo(450);
            assertThat(mailFrom(server, "192.0.2.2")).isEqualTo(250);
        }
    }

    @Test
    void whatATableHoldsIsBounded() {
        BoundedTable<Integer, Integer> table = new BoundedTable<>(100);
        IntStream.range(0, 10_000).forEach(i -> table.update(i, old -> i));
        assertThat(table.size()).isEqualTo(100);
    }

    @Test
    void limitsThatCannotBeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimit.messages(0, Duration.ofMinutes(1)))
                .withMessage("limit is 0; allowed is 1 or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimit.messages(1, Duration.ZERO))
                .withMessage("period is PT0S; allowed is 1 ms to 365 days");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimit.messages(1, Duration.ofMinutes(1)).withMaxClients(0))
                .withMessage("maxEntries is 0; allowed is 1 or more");
    }

    // AllowList

    @Test
    void onlyListedPeersAreGreeted() {
        try (TestSmtpServer server = serve(AllowList.peers("127.0.0.0/8"));
                RawSmtpClient client = server.connect()) {
            client.expect(220);
            client.command("EHLO relay.example").expect(250);
            assertThat(client.command("XCLIENT ADDR=192.0.2.1").expect(554).text())
                    .isEqualTo("no service for your address");
        }
        try (TestSmtpServer server = serve(AllowList.peers("unix", "2001:db8::/32"));
                RawSmtpClient client = server.connect()) {
            client.expect(554);
            client.command("QUIT").expect(221);
        }
    }

    @Test
    void clientsOfUnixSocketsAreListedAsUnix(@TempDir Path directory) throws Exception {
        String path = directory.resolve("s").toString();
        assertThat(UnixClient.greeting(AllowList.peers("unix"), path)).startsWith("220 ");
        assertThat(UnixClient.greeting(AllowList.peers("127.0.0.1"), path))
                .isEqualTo("554 no service for your address");
        assertThat(UnixClient.greeting(RateLimit.connections(1, Duration.ofDays(1)), path))
                .startsWith("220 ");
    }

    @Test
    void onlyListedDomainsAreTakenExceptFromThoseThatMaySendAnywhere() {
        AllowList domains = AllowList.domains("example.org", "*.example.org")
                .exceptFor("192.0.2.0/24")
                .exceptForAuthenticated();
        try (TestSmtpServer server = serve(domains)) {
            try (RawSmtpClient client = from(server, "ADDR=198.51.100.1")) {
                assertThat(rcpt(client, "x@Example.ORG")).isEqualTo(250);
                assertThat(rcpt(client, "x@a.b.example.org")).isEqualTo(250);
                assertThat(rcpt(client, "postmaster")).isEqualTo(250);
                assertThat(rcpt(client, "x@other.example")).isEqualTo(550);
                assertThat(client.command("RCPT TO:<x@other.example>").text()).startsWith("5.7.1");
            }
            try (RawSmtpClient client = from(server, "ADDR=192.0.2.77")) {
                assertThat(rcpt(client, "x@other.example")).isEqualTo(250);
            }
            try (RawSmtpClient client = from(server, "ADDR=198.51.100.1 LOGIN=" + LOGGED_IN)) {
                assertThat(rcpt(client, "x@other.example")).isEqualTo(250);
            }
        }
    }

    @Test
    void onlyListedRecipientsAreTakenWhateverTheirCase() {
        try (TestSmtpServer server = serve(AllowList.recipients(List.of("Anne@example.org", "\"b c\"@example.org")));
                RawSmtpClient client = from(server, "ADDR=192.0.2.1")) {
            assertThat(rcpt(client, "anne@EXAMPLE.org")).isEqualTo(250);
            assertThat(rcpt(client, "\"b\\ c\"@example.org")).isEqualTo(250);
            assertThat(rcpt(client, "postmaster")).isEqualTo(250);
            assertThat(rcpt(client, "bart@example.org")).isEqualTo(550);
            assertThat(client.command("RCPT TO:<bart@example.org>").text()).startsWith("5.1.1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*.", "-x.example", "*.[192.0.2.1]", "a b"})
    void whatIsNoDomainIsRefused(String domain) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AllowList.domains(domain))
                .withMessageStartingWith("domain is \"" + domain + "\"");
    }

    // Greylist

    private Greylist greylist(int maxEntries) {
        return new Greylist(Duration.ofMinutes(5), maxEntries, now::get);
    }

    @Test
    void whoComesAgainAfterTheDelayIsTakenFromThenOn() {
        try (TestSmtpServer server = serve(greylist(100));
                RawSmtpClient client = from(server, "ADDR=192.0.2.1")) {
            assertThat(rcpt(client, "x@example.org")).isEqualTo(450);
            pass(Duration.ofSeconds(299));
            assertThat(rcpt(client, "X@example.org")).isEqualTo(450);
            pass(Duration.ofSeconds(1));
            assertThat(rcpt(client, "x@example.org")).isEqualTo(250);
            assertThat(rcpt(client, "y@example.org")).isEqualTo(450);
            pass(Duration.ofDays(34));
            assertThat(rcpt(client, "x@example.org")).isEqualTo(250);
            pass(Duration.ofDays(34));
            assertThat(rcpt(client, "x@example.org")).isEqualTo(250);
            pass(Duration.ofDays(36));
            assertThat(rcpt(client, "x@example.org")).isEqualTo(450);
        }
    }

    @Test
    void whoComesAgainTooLateBeginsAnew() {
        try (TestSmtpServer server = serve(greylist(100));
                RawSmtpClient client = from(server, "ADDR=192.0.2.1")) {
            assertThat(rcpt(client, "x@example.org")).isEqualTo(450);
            pass(Duration.ofDays(3));
            assertThat(rcpt(client, "x@example.org")).isEqualTo(450);
            pass(Duration.ofMinutes(5));
            assertThat(rcpt(client, "x@example.org")).isEqualTo(250);
        }
    }

    @Test
    void aNeighbourInTheNetworkIsTheSameClient() {
        try (TestSmtpServer server = serve(greylist(100))) {
            for (String address : List.of("192.0.2.1", "IPV6:2001:db8::1")) {
                try (RawSmtpClient client = from(server, "ADDR=" + address)) {
                    assertThat(rcpt(client, "x@example.org")).isEqualTo(450);
                }
            }
            pass(Duration.ofMinutes(6));
            for (String address : List.of("192.0.2.200", "IPV6:2001:db8::2")) {
                try (RawSmtpClient client = from(server, "ADDR=" + address)) {
                    assertThat(rcpt(client, "x@example.org")).isEqualTo(250);
                }
            }
            try (RawSmtpClient client = from(server, "ADDR=192.0.3.1")) {
                assertThat(rcpt(client, "x@example.org")).isEqualTo(450);
            }
        }
    }

    @Test
    void whoHasLoggedInIsTakenAtOnce() {
        try (TestSmtpServer server = serve(greylist(100));
                RawSmtpClient client = from(server, "ADDR=192.0.2.1 LOGIN=" + LOGGED_IN)) {
            assertThat(rcpt(client, "x@example.org")).isEqualTo(250);
        }
    }

    @Test
    void theTripleThatWasNotSeenForTheLongestTimeMakesRoom() {
        try (TestSmtpServer server = serve(greylist(2));
                RawSmtpClient client = from(server, "ADDR=192.0.2.1")) {
            for (String recipient : List.of("x@example.org", "y@example.org", "z@example.org")) {
                assertThat(rcpt(client, recipient)).isEqualTo(450);
            }
            pass(Duration.ofMinutes(6));
            assertThat(rcpt(client, "z@example.org")).isEqualTo(250);
            assertThat(rcpt(client, "y@example.org")).isEqualTo(250);
            assertThat(rcpt(client, "x@example.org")).isEqualTo(450);
        }
    }

    @Test
    void aDelayThatCannotBeIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Greylist(Duration.ZERO))
                .withMessage("delay is PT0S; allowed is more than 0 and up to a day");
    }
}
