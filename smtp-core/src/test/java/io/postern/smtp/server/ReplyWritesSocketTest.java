package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** RFC 2920 §3.1: how the replies of pipelined commands are gathered into writes. */
class ReplyWritesSocketTest extends SocketTestBase {

    /** How many lines each write to the socket held. */
    private final List<Long> writes = new CopyOnWriteArrayList<>();

    /** A socket that takes note of what is written to it. */
    private NetSocket noted(NetSocket socket) {
        return (NetSocket) Proxy.newProxyInstance(
                NetSocket.class.getClassLoader(),
                new Class<?>[] {NetSocketInternal.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("writeMessage")) {
                        ByteBuf message = (ByteBuf) arguments[0];
                        writes.add(message.toString(StandardCharsets.US_ASCII)
                                .lines()
                                .count());
                    }
                    try {
                        return method.invoke(socket, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private WireClient afterEhloOnNotedSocket(SmtpHandler handler) throws Exception {
        VertxSmtpServer server = (VertxSmtpServer) listen(handler);
        NetServer noting = vertx.createNetServer().connectHandler(socket -> {
            Context context = vertx.getOrCreateContext();
            SmtpConnection connection = new SmtpConnection(
                    server,
                    server.settings(),
                    ListeningAddress.join(vertx, server.settings().address()),
                    context,
                    context,
                    noted(socket),
                    handler,
                    1,
                    new Census().enter(0).orElseThrow());
            connection.start();
        });
        WireClient client = connected(await(noting.listen(0, "127.0.0.1")).actualPort());
        expect(client.reply(), "220");
        expect(client.command("EHLO c"), "250");
        writes.clear();
        return client;
    }

    @Test
    void theRepliesOfOneTurnGoOutInOneWrite() throws Exception {
        WireClient client = afterEhloOnNotedSocket(new SmtpHandler() {});
        client.send("MAIL FROM:<a@b.example>\r\n" + "RCPT TO:<c@d.example>\r\n".repeat(30) + "DATA\r\n");
        for (int i = 0; i < 31; i++) {
            expect(client.reply(), "250");
        }
        expect(client.reply(), "451"); // the default handler takes no message
        assertThat(writes).containsExactly(32L);
    }

    @Test
    void aWriteGoesOutAtTheLatestWhenAHookIsAwaited() throws Exception {
        WireClient client = afterEhloOnNotedSocket(new SmtpHandler() {
            @Override
            public Future<Reply> handleNoop(Session session, String argument) {
                return argument.equals("later")
                        ? session.context().owner().timer(1).map(v -> Reply.ok())
                        : answered();
            }

            private Future<Reply> answered() {
                return Future.succeededFuture(Reply.ok());
            }
        });
        client.send("NOOP\r\nNOOP\r\nNOOP later\r\nNOOP\r\nNOOP\r\n");
        for (int i = 0; i < 5; i++) {
            expect(client.reply(), "250");
        }
        assertThat(writes).containsExactly(2L, 3L);
    }

    @Test
    void aTurnIsBoundedAndSoIsItsWrite() throws Exception {
        WireClient client = afterEhloOnNotedSocket(new SmtpHandler() {});
        client.send("NOOP\r\n".repeat(200));
        for (int i = 0; i < 200; i++) {
            expect(client.reply(), "250");
        }
        assertThat(writes).allMatch(lines -> lines <= 64).hasSizeBetween(4, 8);
        assertThat(writes.stream().mapToLong(Long::longValue).sum()).isEqualTo(200);
    }
}
