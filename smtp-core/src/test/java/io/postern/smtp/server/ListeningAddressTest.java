package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ListeningAddressTest {

    private static final SocketAddress SMTP = SocketAddress.inetSocketAddress(25, "0.0.0.0");
    private static final SocketAddress SUBMISSION = SocketAddress.inetSocketAddress(587, "0.0.0.0");

    private final Vertx vertx = Vertx.vertx();
    private final Vertx other = Vertx.vertx();

    @AfterEach
    void close() throws Exception {
        SocketTestBase.await(vertx.close());
        SocketTestBase.await(other.close());
    }

    @Test
    void theServersOfAVertxThatListenOnOneAddressShareWhatTheyCount() {
        ListeningAddress first = ListeningAddress.join(vertx, SMTP);
        assertThat(ListeningAddress.join(vertx, SocketAddress.inetSocketAddress(25, "0.0.0.0")))
                .isSameAs(first);
        assertThat(ListeningAddress.join(vertx, SUBMISSION)).isNotSameAs(first);
        assertThat(ListeningAddress.join(other, SMTP)).isNotSameAs(first);
    }

    @Test
    void whoAsksForAnyFreePortSharesWithNobody() {
        SocketAddress anyPort = SocketAddress.inetSocketAddress(0, "0.0.0.0");
        assertThat(ListeningAddress.join(vertx, anyPort)).isNotSameAs(ListeningAddress.join(vertx, anyPort));
        assertThat(ListeningAddress.count(vertx)).isZero();
    }

    @Test
    void aNegativePortIsOnePortOfAllThatAskForIt() {
        ListeningAddress one = ListeningAddress.join(vertx, SocketAddress.sharedRandomPort(1, "0.0.0.0"));
        assertThat(ListeningAddress.join(vertx, SocketAddress.sharedRandomPort(1, "0.0.0.0")))
                .isSameAs(one);
        assertThat(ListeningAddress.join(vertx, SocketAddress.sharedRandomPort(2, "0.0.0.0")))
                .isNotSameAs(one);
    }

    @Test
    void theLastServerThatLeavesTakesItAllWithIt() {
        ListeningAddress first = ListeningAddress.join(vertx, SMTP);
        ListeningAddress.join(vertx, SMTP);
        ListeningAddress.leave(vertx, SMTP);
        assertThat(ListeningAddress.join(vertx, SMTP)).isSameAs(first);
        ListeningAddress.leave(vertx, SMTP);
        ListeningAddress.leave(vertx, SMTP);
        assertThat(ListeningAddress.count(vertx)).isZero();
        assertThat(ListeningAddress.join(vertx, SMTP)).isNotSameAs(first);
    }
}
