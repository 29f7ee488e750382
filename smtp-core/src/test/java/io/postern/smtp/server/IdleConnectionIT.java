package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No connection that waits takes more than it did. Whoever makes it take less sets the bound anew. */
@Timeout(60)
class IdleConnectionIT {

    private static final int FEW = 200;
    private static final int MANY = 2_000;

    /**
     * Octets of live heap: what JDK 25 takes, which is a little more than JDK 17, and a fiftieth. With the JDK's sockets, as
     * here, it is some 500 more than with epoll.
     */
    private static final long BOUND = 4_150;

    private static Crowd idle(ServerProcess server, int size) throws IOException {
        Crowd crowd = new Crowd(size, server.port());
        crowd.awaitReplies(1);
        crowd.send("EHLO client.example\r\n");
        assertThat(crowd.awaitReplies(1)).allMatch(reply -> reply.startsWith("250-"));
        return crowd;
    }

    /** The least of several figures: a thread that has just come to run counts with all that was set aside for it. */
    private static long heap(ServerProcess server) throws IOException {
        long least = server.measure().heap();
        for (int more = 0; more < 4; more++) {
            least = Math.min(least, server.measure().heap());
        }
        return least;
    }

    @Test
    void anIdleConnectionTakesNoMoreThanItDid() throws Exception {
        SmtpServerOptions options = new SmtpServerOptions().setMaxConnections(0).setMaxConnectionsPerIp(0);
        try (ServerProcess server = ServerProcess.start(options, ServerProcess.UNLIMITED);
                Crowd few = idle(server, FEW)) {
            long before = heap(server);
            try (Crowd many = idle(server, MANY)) {
                long each = (heap(server) - before) / MANY;
                System.out.printf("an idle connection: %,d octets of heap%n", each);
                assertThat(server.measure().connections()).isEqualTo(FEW + MANY);
                assertThat(each).isBetween(1L, BOUND);
                for (Crowd crowd : List.of(few, many)) {
                    crowd.send("NOOP\r\n");
                    assertThat(crowd.awaitReplies(1)).allMatch(reply -> reply.startsWith("250 "));
                }
            }
        }
    }
}
