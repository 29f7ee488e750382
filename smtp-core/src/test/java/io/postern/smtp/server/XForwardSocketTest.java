package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Envelope;
import io.postern.smtp.ForwardedClient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.XClient;
import io.postern.smtp.XForward;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** XFORWARD: a listed peer says where its next message comes from. */
class XForwardSocketTest extends SocketTestBase {

    private static final List<String> LOOPBACK = List.of("127.0.0.1");
    private static final String OK = Replies.OK.toString();

    /** Answers NOOP with what was forwarded, and notes it when a message comes. */
    private static final class Telling implements SmtpHandler {

        final Queue<Map<String, String>> messages = new ConcurrentLinkedQueue<>();

        private static Map<String, String> forwarded(Session session) {
            return new TreeMap<>(
                    session.forwardedClient().map(ForwardedClient::attributes).orElse(Map.of()));
        }

        @Override
        public Future<Reply> handleNoop(Session session, String argument) {
            return Future.succeededFuture(Reply.of(250, session.peer().host() + " " + forwarded(session)));
        }

        @Override
        public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
            return body.collect(Collectors.counting()).map(count -> {
                messages.add(forwarded(session));
                return Replies.MESSAGE_ACCEPTED;
            });
        }
    }

    private final Telling handler = new Telling();

    private SmtpServer serve(SmtpServerOptions options, List<String> peers) throws Exception {
        return await(SmtpServer.create(vertx, handler, options)
                .addExtension(new XForward(peers))
                .addExtension(new XClient(LOOPBACK))
                .listen());
    }

    private SmtpServer serve() throws Exception {
        return serve(options(), LOOPBACK);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theHandlerReadsWhereAMessageComesFromAndTheNextOneIsAnother(boolean chunked) throws Exception {
        WireClient client = greeted(serve());
        assertThat(client.command("EHLO c")).contains("XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE");
        assertThat(client.command("XFORWARD NAME=spike.example ADDR=IPv6:2001:db8::1 PORT=4711 proto=ESMTP"))
                .isEqualTo(OK);
        assertThat(client.command("XFORWARD HELO=+5Bspike+5D IDENT=4F9D195432C SOURCE=remote NAME=[unavailable]"))
                .isEqualTo(OK);
        for (int i = 0; i < 2; i++) {
            envelope(client);
            if (chunked) {
                client.send("BDAT 5\r\nhelloBDAT 0 LAST\r\n");
                expect(client.reply(), "250");
            } else {
                expect(client.command("DATA"), "354");
                client.send(MESSAGE + ".\r\n");
            }
            expect(client.reply(), "250");
        }
        assertThat(handler.messages)
                .containsExactly(
                        new TreeMap<>(Map.of(
                                "ADDR", "2001:db8::1",
                                "PORT", "4711",
                                "PROTO", "ESMTP",
                                "HELO", "[spike]",
                                "IDENT", "4F9D195432C",
                                "SOURCE", "REMOTE")),
                        new TreeMap<>());
    }

    @Test
    void itChangesNothingOfTheClient() throws Exception {
        WireClient client = afterEhlo(serve());
        assertThat(client.command("XFORWARD ADDR=192.0.2.1")).isEqualTo(OK);
        assertThat(client.command("NOOP")).isEqualTo("250 2.0.0 127.0.0.1 {ADDR=192.0.2.1}");
    }

    @Test
    void whatHasAMeaningInHeadersIsMasked() throws Exception {
        WireClient client = afterEhlo(serve());
        assertThat(client.command("XFORWARD NAME=a(b)c HELO=<x>;y@z+20+22+5C IDENT=i+3Ei ADDR=no+20address"))
                .isEqualTo(OK);
        assertThat(client.command("NOOP")).endsWith("{ADDR=no?address, HELO=?x??y?z???, IDENT=i?i, NAME=a?b?c}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "XFORWARD",
                "XFORWARD NAME",
                "XFORWARD NAME=",
                "XFORWARD LOGIN=anna",
                "XFORWARD NAME=a PORT=65536",
                "XFORWARD NAME=a SOURCE=ELSEWHERE",
                "XFORWARD NAME=a+0Ab",
                "XFORWARD NAME=a NAME=b"
            })
    void whatIsMalformedIsNotRecorded(String command) throws Exception {
        WireClient client = afterEhlo(serve());
        assertThat(client.command(command)).startsWith("501 5.5.4 ");
        assertThat(client.command("NOOP")).endsWith("{}");
    }

    @Test
    void protocolsHave64CharactersAndOtherValues255() throws Exception {
        WireClient client = afterEhlo(serve());
        assertThat(client.command("XFORWARD PROTO=" + "p".repeat(65))).startsWith("501 5.5.4 ");
        assertThat(client.command("XFORWARD IDENT=" + "i".repeat(256))).startsWith("501 5.5.4 ");
        assertThat(client.command("XFORWARD PROTO=" + "p".repeat(64) + " IDENT=" + "i".repeat(255)))
                .isEqualTo(OK);
    }

    @Test
    void inMidTransactionItIsOutOfOrder() throws Exception {
        WireClient client = afterRcpt(serve());
        assertThat(client.command("XFORWARD NAME=a")).isEqualTo(Replies.IN_TRANSACTION.toString());
        assertThat(client.command("NOOP")).endsWith("{}");
    }

    @Test
    void whoIsNotListedIsRefusedAlsoWhenHeNamesAListedAddress() throws Exception {
        WireClient client = greeted(serve(options(), List.of("192.0.2.1")));
        assertThat(client.command("EHLO c")).doesNotContain("XFORWARD");
        assertThat(client.command("XFORWARD NAME=a")).isEqualTo(Replies.NOT_AUTHORIZED.toString());
        expect(client.command("XCLIENT ADDR=192.0.2.1"), "220");
        assertThat(client.command("XFORWARD NAME=a")).isEqualTo(Replies.NOT_AUTHORIZED.toString());
    }

    @Test
    void itHoldsForLmtpToo() throws Exception {
        WireClient client = greeted(serve(options().setLmtp(true), LOOPBACK));
        assertThat(client.command("LHLO c")).contains("XFORWARD NAME");
        assertThat(client.command("XFORWARD NAME=a")).isEqualTo(OK);
        envelope(client);
        expect(client.command("DATA"), "354");
        client.send(MESSAGE + ".\r\n");
        expect(client.reply(), "250");
        assertThat(handler.messages).containsExactly(new TreeMap<>(Map.of("NAME", "a")));
        assertThat(client.command("NOOP")).endsWith("{}");
    }
}
