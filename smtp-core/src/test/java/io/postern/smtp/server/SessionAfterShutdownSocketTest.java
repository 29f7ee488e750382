package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.junit.jupiter.api.Test;

/** A session that its handler has kept, for a log line or a record of its own. */
class SessionAfterShutdownSocketTest extends SocketTestBase {

    @Test
    void aSessionIsReadableWhenItsServerHasStopped() throws Exception {
        Promise<Session> kept = Promise.promise();
        SmtpServer server = listen(new SmtpHandler() {
            @Override
            public Future<Reply> handleConnect(Session session) {
                kept.complete(session);
                return Future.succeededFuture(session.greeting());
            }
        });
        afterEhlo(server);
        Session session = await(kept.future());
        String shownBefore = session.peer().toString();
        await(server.close());

        assertThat(session.peer()).hasToString(shownBefore);
        assertThat(session.local().host()).isEqualTo("127.0.0.1");
        assertThat(session.serverName()).isEqualTo("mx.example");
        assertThat(session.greeting()).hasToString("220 mx.example ESMTP Postern");
        assertThat(session.hostName()).contains("client.example");
        assertThat(session).asString().contains(session.id(), shownBefore);
    }
}
