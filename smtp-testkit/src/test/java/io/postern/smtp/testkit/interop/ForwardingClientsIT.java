package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.ClientOverride;
import io.postern.smtp.Envelope;
import io.postern.smtp.ForwardedClient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.XClient;
import io.postern.smtp.XForward;
import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.Future;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients by others say for whom they speak (XCLIENT) and where their messages come from (XFORWARD). */
class ForwardingClientsIT {

    private static final List<String> LOOPBACK = List.of("127.0.0.1", "::1");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Notes at MAIL what the session says of the client. */
    private static final class Noting extends RecordingHandler {

        final Queue<String> clients = new ConcurrentLinkedQueue<>();
        final Queue<ForwardedClient> forwarded = new ConcurrentLinkedQueue<>();

        @Override
        public Future<Reply> handleMail(Session session, Envelope envelope, Sender sender) {
            session.clientOverride().map(client -> describe(session, client)).ifPresent(clients::add);
            session.forwardedClient().ifPresent(forwarded::add);
            return super.handleMail(session, envelope, sender);
        }

        private static String describe(Session session, ClientOverride client) {
            return session.peer() + " to " + session.local() + ", "
                    + client.name().orElse("nameless") + ", "
                    + client.hello().orElse("silent") + ", "
                    + client.protocol().orElse("any") + ", "
                    + session.authenticated().orElseThrow().authenticationId();
        }
    }

    @TempDir
    Path directory;

    private final Noting handler = new Noting();

    private Path message() throws Exception {
        return Files.writeString(directory.resolve("message"), "Subject: hello\r\n\r\nhello\r\n");
    }

    private TestSmtpServer serve() {
        return TestSmtpServer.start(
                handler,
                new SmtpServerOptions().setHost("127.0.0.1").setPort(0),
                new XClient(LOOPBACK),
                new XForward(LOOPBACK));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--no-hints", "--pipeline"})
    void swaksSpeaksForAnotherClient(String how) throws Exception {
        try (TestSmtpServer server = serve()) {
            String dialogue = SwaksIT.swaks(
                    server.port(),
                    message(),
                    how,
                    "--xclient-name",
                    "spike.example",
                    "--xclient-addr",
                    "192.0.2.7",
                    "--xclient-port",
                    "4711",
                    "--xclient-delim",
                    "--xclient-helo",
                    "spike=example",
                    "--xclient-proto",
                    "ESMTP",
                    "--xclient-login",
                    "anna",
                    "--xclient-destaddr",
                    "198.51.100.2",
                    "--xclient-destport",
                    "25");
            handler.await(1, PATIENCE);
            assertThat(dialogue).contains("XCLIENT NAME=spike.example ", "HELO=spike+3Dexample");
            assertThat(handler.clients)
                    .containsExactly("192.0.2.7:4711 to 198.51.100.2:25, spike.example, spike=example, ESMTP, anna");
        }
    }

    @Test
    void swaksMaySayNoMoreThanItsAddressInVersion6() throws Exception {
        try (TestSmtpServer server = serve()) {
            SwaksIT.swaks(server.port(), message(), "--xclient-addr", "IPV6:2001:db8::7", "--xclient-login", "anna");
            handler.await(1, PATIENCE);
            assertThat(handler.clients).singleElement().asString().contains("2001:db8::7", "nameless", "silent");
        }
    }

    @Test
    void postfixSaysWhereItsMessageComesFrom() throws Exception {
        try (TestSmtpServer server = serve();
                PrivatePostfix postfix = PrivatePostfix.relayingTo(server.port(), PrivatePostfix.WITHOUT_TLS)) {
            postfix.submit(message(), "anna@client.example", List.of("bob@server.example"));
            handler.await(1, PATIENCE);
            // It came from nowhere else, so that Postfix says of all the rest that it is not available
            assertThat(handler.forwarded)
                    .extracting(ForwardedClient::attributes)
                    .containsExactly(Map.of("SOURCE", "LOCAL"));
            assertThat(handler.events()).filteredOn("CONNECT"::equals).hasSize(1);
        }
    }
}
