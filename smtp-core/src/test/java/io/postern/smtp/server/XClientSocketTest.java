package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.postern.smtp.ClientOverride;
import io.postern.smtp.Envelope;
import io.postern.smtp.Extension;
import io.postern.smtp.ExtensionAnswer;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.XClient;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.UsersFile;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** XCLIENT: a listed peer says for whom it speaks. */
class XClientSocketTest extends SocketTestBase {

    private static final List<String> LOOPBACK = List.of("127.0.0.0/8");
    private static final String LINE = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";
    private static final String MALFORMED = Replies.BAD_PARAMETER.toString();

    @TempDir
    Path directory;

    /** Answers NOOP with what the session says of the client, and refuses one client in the greeting. */
    private static final class Telling implements SmtpHandler {

        final Queue<String> connects = new ConcurrentLinkedQueue<>();
        final Queue<String> disconnects = new ConcurrentLinkedQueue<>();

        @Override
        public Future<Reply> handleConnect(Session session) {
            String peer = String.valueOf(session.peer().host()); // null for a Unix socket
            connects.add(peer);
            return switch (peer) {
                case "192.0.2.66" -> Future.succeededFuture(Reply.of(554, "5.7.1", "You are refused"));
                case "192.0.2.42" -> Future.succeededFuture(Reply.of(421, "4.7.0", "Come back later"));
                default -> SmtpHandler.super.handleConnect(session);
            };
        }

        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            ClientOverride client = session.clientOverride().orElse(ClientOverride.NONE);
            return Future.succeededFuture(Reply.of(
                    250,
                    session.peer() + " to " + session.local() + " is "
                            + session.authenticated()
                                    .map(Identity::authenticationId)
                                    .orElse("nobody")
                            + ", "
                            + client.name().orElse(client.temporaryNameFailure() ? "perhaps named" : "nameless") + ", "
                            + client.hello().orElse("silent") + ", "
                            + client.protocol().orElse("any")));
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            return body.collect(Collectors.counting()).map(count -> Replies.MESSAGE_ACCEPTED);
        }

        @Override
        public void handleDisconnect(Session session) {
            disconnects.add(String.valueOf(session.peer().host()));
        }
    }

    private final Telling handler = new Telling();

    private SmtpServer serve(SmtpServerOptions options, List<String> peers) throws Exception {
        return await(SmtpServer.create(vertx, handler, options)
                .addExtension(new XClient(peers))
                .listen());
    }

    private SmtpServer serve() throws Exception {
        return serve(options(), LOOPBACK);
    }

    @Test
    void theSessionBeginsAnewForTheClientThatIsNamed() throws Exception {
        SmtpServer server = serve();
        WireClient client = afterEhlo(server);
        assertThat(client.command(
                        "XCLIENT NAME=spike.example ADDR=192.0.2.7 PORT=4711 LOGIN=anna HELO=spike PROTO=esmtp"
                                + " DESTADDR=198.51.100.2 DESTPORT=25"))
                .isEqualTo("220 mx.example " + options().getIdent());
        assertThat(client.command("MAIL FROM:<a@b.example>")).isEqualTo(Replies.SEND_HELLO_FIRST.toString());
        assertThat(client.command("EHLO spike.example")).contains(LINE);
        assertThat(client.command("NOOP"))
                .isEqualTo("250 2.0.0 192.0.2.7:4711 to 198.51.100.2:25 is anna, spike.example, spike, ESMTP");
        envelope(client);
        client.close();
        awaitNoConnection(server);
        assertThat(handler.connects).containsExactly("127.0.0.1", "192.0.2.7");
        assertThat(handler.disconnects).containsExactly("192.0.2.7");
    }

    @Test
    void commandsAddUpAndMayBePipelined() throws Exception {
        WireClient client = greeted(serve());
        String commands = String.join(
                "\r\n",
                "xclient name=spike.example addr=IPV6:2001:db8::1",
                "XCLIENT HELO=+5Bspike+5D PROTO=SMTP",
                "EHLO spike",
                "XCLIENT NAME=[tempunavail]",
                "NOOP");
        client.send(commands + "\r\n");
        expect(client.reply(), "220 ");
        expect(client.reply(), "220 ");
        expect(client.reply(), "250");
        expect(client.reply(), "220 ");
        assertThat(client.reply()).contains("2001:db8::1").endsWith("is nobody, perhaps named, [spike], SMTP");
    }

    @Test
    void whatIsUnavailableIsNotTakenFromTheConnection() throws Exception {
        WireClient client = greeted(serve());
        expect(
                client.command("XCLIENT NAME=[UNAVAILABLE] ADDR=[Unavailable] PORT=[UNAVAILABLE] LOGIN=[UNAVAILABLE]"),
                "220");
        assertThat(client.command("NOOP")).contains(" unknown:0 to 127.0.0.1:").contains("nobody, nameless");
        expect(client.command("XCLIENT PORT=7"), "220");
        assertThat(client.command("NOOP")).contains(" unknown:7 to");
    }

    @Test
    void anAttributeThatIsNotSaidStaysThatOfTheConnection() throws Exception {
        WireClient client = greeted(serve());
        expect(client.command("XCLIENT PORT=7 DESTPORT=25"), "220");
        assertThat(client.command("NOOP")).contains(" 127.0.0.1:7 to 127.0.0.1:25 ");
    }

    @Test
    void valuesAreXtextAndMayHoldUtf8() throws Exception {
        WireClient client = greeted(serve());
        expect(client.command("XCLIENT HELO=a+20b+3Cc LOGIN=j+C3+BCrgen+3Dx NAME=b+C3+BCcher.example"), "220");
        assertThat(handler.connects).hasSize(2);
        assertThat(client.command("NOOP"))
                .contains("is j??rgen=x, ".replace("??", "?"))
                .contains(", a?b?c,");
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.66, 554 You are refused", "192.0.2.42, 421 Come back later"})
    void theHandlerMayRefuseTheClientThatIsNamed(String address, String greeting) throws Exception {
        WireClient client = afterEhlo(serve());
        assertThat(client.command("XCLIENT ADDR=" + address)).isEqualTo(greeting);
        if (greeting.startsWith("554")) {
            assertThat(client.command("XCLIENT ADDR=127.0.0.1")).startsWith("503 ");
            expect(client.command("QUIT"), "221");
        }
        assertThat(client.readToEnd()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ADDR",
                "ADDR=",
                "=192.0.2.1",
                "COLOR=red",
                "REVERSE_NAME=a.example",
                "ADDR=192.0.2.256",
                "ADDR=192.0.2",
                "ADDR=localhost",
                "ADDR=2001:db8::1",
                "ADDR=IPv6:192.0.2.1",
                "ADDR=IPv6:[::1]",
                "ADDR=IPv6:fe80::1%eth0",
                "ADDR=[192.0.2.1]",
                "ADDR=[TEMPUNAVAIL]",
                "PORT=65536",
                "PORT=-1",
                "PORT=123456",
                "PORT=x",
                "DESTADDR=here",
                "DESTPORT=100000",
                "PROTO=LMTPX",
                "PROTO=[UNAVAILABLE]",
                "NAME=a..example",
                "NAME=a+20b.example",
                "NAME=192.0.2.1",
                "LOGIN=a+0Db",
                "LOGIN=a+0db",
                "LOGIN=a+C3",
                "LOGIN=a=b",
                "LOGIN=a+2"
            })
    void whatIsMalformedChangesNothing(String attributes) throws Exception {
        WireClient client = afterEhlo(serve());
        assertThat(client.command("XCLIENT HELO=spike " + attributes))
                .isEqualTo(attributes.isEmpty() ? "220 mx.example " + options().getIdent() : MALFORMED);
        if (!attributes.isEmpty()) {
            assertThat(client.command("XCLIENT " + attributes)).isEqualTo(MALFORMED);
            envelope(client);
            assertThat(client.command("NOOP")).contains(" 127.0.0.1:").contains("silent");
        }
    }

    @Test
    void aCommandWithoutAttributesIsMalformed() throws Exception {
        assertThat(greeted(serve()).command("XCLIENT")).isEqualTo(MALFORMED);
    }

    @Test
    void aNameGivenTwiceIsRefused() throws Exception {
        assertThat(greeted(serve()).command("XCLIENT ADDR=192.0.2.1 addr=192.0.2.2"))
                .isEqualTo(Replies.DUPLICATE_PARAMETER.toString());
    }

    @Test
    void valuesHave255OctetsAndCommands512() throws Exception {
        WireClient client = greeted(serve());
        assertThat(client.command("XCLIENT HELO=" + "h".repeat(256))).isEqualTo(MALFORMED);
        String longest = "XCLIENT HELO=" + "h".repeat(255) + " LOGIN=" + "l".repeat(510 - 275);
        assertThat(longest).hasSize(510);
        assertThat(client.command(longest + "l")).isEqualTo(Replies.LINE_TOO_LONG.toString());
        expect(client.command(longest), "220");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void inMidTransactionItIsOutOfOrder(boolean chunked) throws Exception {
        WireClient client = afterRcpt(serve());
        if (chunked) {
            client.send("BDAT 1\r\nx");
            expect(client.reply(), "250");
        }
        assertThat(client.command("XCLIENT ADDR=192.0.2.1")).startsWith("503 5.5.1 ");
        assertThat(client.command("NOOP")).contains(" 127.0.0.1:");
        expect(client.command("RSET"), "250");
        expect(client.command("XCLIENT ADDR=192.0.2.1"), "220");
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.0/24", "unix", "::1"})
    void whoIsNotListedIsRefusedAndNotTold(String listed) throws Exception {
        WireClient client = greeted(serve(options(), List.of(listed)));
        assertThat(client.command("XCLIENT ADDR=192.0.2.1")).isEqualTo(Replies.NOT_AUTHORIZED.toString());
        assertThat(client.command("EHLO client.example")).doesNotContain("XCLIENT");
        assertThat(client.command("NOOP")).contains(" 127.0.0.1:");
    }

    @Test
    void itNeitherGivesNorTakesTheRightToUseIt() throws Exception {
        WireClient client = greeted(serve());
        expect(client.command("XCLIENT ADDR=203.0.113.1"), "220");
        assertThat(client.command("EHLO c")).contains(LINE);
        expect(client.command("XCLIENT ADDR=192.0.2.1"), "220");
    }

    @Test
    void behindAProxyTheClientOfTheProxyMustBeListed() throws Exception {
        SmtpServerOptions proxied = options().setProxyProtocol(true);
        SmtpServer server = serve(proxied, List.of("127.0.0.1", "192.0.2.25"));
        WireClient stranger = connected(server).send("PROXY TCP4 192.0.2.99 198.51.100.2 4711 25\r\n");
        expect(stranger.reply(), "220");
        assertThat(stranger.command("XCLIENT ADDR=192.0.2.1")).isEqualTo(Replies.NOT_AUTHORIZED.toString());
        WireClient listed = connected(server).send("PROXY TCP4 192.0.2.25 198.51.100.2 4711 25\r\n");
        expect(listed.reply(), "220");
        expect(listed.command("XCLIENT ADDR=192.0.2.1"), "220");
        assertThat(listed.command("NOOP")).contains(" 192.0.2.1:0 to 198.51.100.2:25");
    }

    @Test
    void clientsOfAUnixSocketAreListedByAWordOfTheirOwn() throws Exception {
        Path listed = directory.resolve("listed.sock");
        serve(options().setUnixSocket(listed.toString()), List.of("unix"));
        WireClient client = connected(listed);
        expect(client.reply(), "220");
        assertThat(client.command("EHLO c")).contains(LINE);
        expect(client.command("XCLIENT PORT=7"), "220");
        assertThat(client.command("NOOP")).contains(listed.toString());
        expect(client.command("XCLIENT ADDR=192.0.2.1"), "220");
        assertThat(client.command("NOOP")).contains(" 192.0.2.1:7 to");

        Path closed = directory.resolve("closed.sock");
        serve(options().setUnixSocket(closed.toString()), List.of("0.0.0.0/0", "::/0"));
        WireClient other = connected(closed);
        expect(other.reply(), "220");
        assertThat(other.command("XCLIENT ADDR=192.0.2.1")).isEqualTo(Replies.NOT_AUTHORIZED.toString());
    }

    @Test
    void itHoldsForLmtpToo() throws Exception {
        WireClient client = greeted(serve(options().setLmtp(true), LOOPBACK));
        assertThat(client.command("LHLO c")).contains(LINE);
        expect(client.command("XCLIENT ADDR=192.0.2.1"), "220");
        assertThat(client.command("MAIL FROM:<a@b.example>")).isEqualTo(Replies.SEND_LHLO_FIRST.toString());
        expect(client.command("LHLO c"), "250");
        envelope(client);
    }

    @Test
    void startTlsKeepsTheClientButForgetsItsLogin() throws Exception {
        SmtpServer server =
                serve(options().setTls(Keys.of(directory, "mx.example").server()), LOOPBACK);
        WireClient client = afterEhlo(server);
        expect(client.command("XCLIENT ADDR=192.0.2.1 LOGIN=anna"), "220");
        expect(client.command("EHLO c"), "250");
        expect(client.command("STARTTLS"), "220");
        client.startTls(Keys.client());
        assertThat(client.command("NOOP")).contains(" 192.0.2.1:0 to").contains("is nobody");
        expect(client.command("XCLIENT PORT=9"), "220");
        assertThat(client.command("NOOP")).contains(" 192.0.2.1:9 to").contains("is nobody");
        expect(client.command("XCLIENT LOGIN=anna"), "220");
        assertThat(client.command("EHLO c")).contains(LINE).doesNotContain("STARTTLS");
        assertThat(client.command("NOOP")).contains("is anna");
    }

    @Test
    void theClientTakesTheUserOfTheConnectionWithItNowhere() throws Exception {
        UsersFile users = await(UsersFile.load(vertx, Files.writeString(directory.resolve("users"), "a:b\n")));
        SmtpServer server = SmtpServer.create(
                        vertx, handler, options().setAuthRequireTls(false).setAuthRequired(true))
                .addExtension(new XClient(LOOPBACK));
        users.mechanisms().forEach(server::addMechanism);
        WireClient client = afterEhlo(await(server.listen()));
        expect(client.command("AUTH PLAIN AGEAYg=="), "235");
        assertThat(client.command("NOOP")).contains("is a,");
        expect(client.command("XCLIENT ADDR=192.0.2.1"), "220");
        assertThat(client.command("NOOP")).contains("is nobody");
        expect(client.command("EHLO c"), "250");
        assertThat(client.command("MAIL FROM:<a@b.example>")).isEqualTo(Replies.AUTH_REQUIRED.toString());
        expect(client.command("XCLIENT LOGIN=bert"), "220");
        expect(client.command("EHLO c"), "250");
        envelope(client);
    }

    @Test
    void anExtensionOfTheApplicationMayNameAClientTooAndAnswerLater() throws Exception {
        Extension own = new Extension() {
            @Override
            public Optional<String> verb() {
                return Optional.of("XPEER");
            }

            @Override
            public boolean isOffered(Session session) {
                if (session.hostName().isEmpty()) {
                    throw new IllegalStateException("broken on purpose");
                }
                return true;
            }

            @Override
            public Future<? extends ExtensionAnswer> handle(Session session, Envelope envelope, String argument) {
                return session.context().owner().timer(1).map(v -> ClientOverride.NONE.withAddress(argument));
            }
        };
        WireClient client = greeted(await(
                SmtpServer.create(vertx, handler, options()).addExtension(own).listen()));
        try (CapturedLog log = CapturedLog.of(SmtpConnection.class)) {
            assertThat(client.command("XPEER 192.0.2.1")).isEqualTo(Replies.NOT_AUTHORIZED.toString());
            expect(client.command("EHLO c"), "250");
            assertThat(log.messages()).anyMatch(message -> message.endsWith("isOffered failed"));
        }
        client.send("XPEER 192.0.2.1\r\nNOOP\r\n");
        expect(client.reply(), "220 ");
        assertThat(client.reply()).contains(" 192.0.2.1:0 to ");
    }

    @Test
    void whatIsNeitherAddressNorNetworkNorUnixCannotBeListed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new XClient(List.of("127.0.0.1", "localhost")))
                .withMessageContaining("\"localhost\"");
    }
}
