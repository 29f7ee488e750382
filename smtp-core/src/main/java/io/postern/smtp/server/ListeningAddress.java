package io.postern.smtp.server;

import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.shareddata.LocalMap;
import io.vertx.core.shareddata.Shareable;
import java.util.Objects;

/**
 * What the servers of a Vertx that listen on one address have in common: the instances of a verticle are one server to its
 * clients. It is there from the first server that joins to the last that leaves. All that it holds may be used by several
 * event loops at the same time.
 */
final class ListeningAddress implements Shareable {

    private static final String MAP = "io.postern.smtp.addresses";

    private final Census census = new Census();
    private final AuthThrottle throttle = new AuthThrottle();
    private final BytesInFlight bytesInFlight = new BytesInFlight();
    /** Changed and read within the map's own step only, which takes one thread at a time. */
    private int servers;

    private ListeningAddress() {}

    /** Adds a server to those that listen on {@code address}; it {@linkplain #leave leaves} when it has stopped. */
    static ListeningAddress join(Vertx vertx, SocketAddress address) {
        if (isOfOneServer(address)) {
            return new ListeningAddress();
        }
        return Objects.requireNonNull(all(vertx).compute(address.toString(), (key, known) -> {
            ListeningAddress joined = known == null ? new ListeningAddress() : known;
            joined.servers++;
            return joined;
        }));
    }

    /** Takes a server away from those that listen on {@code address}. */
    static void leave(Vertx vertx, SocketAddress address) {
        if (!isOfOneServer(address)) {
            all(vertx).computeIfPresent(address.toString(), (key, left) -> --left.servers == 0 ? null : left);
        }
    }

    /** Each server that asks for any free port gets one of its own. */
    private static boolean isOfOneServer(SocketAddress address) {
        return !address.isDomainSocket() && address.port() == 0;
    }

    private static LocalMap<String, ListeningAddress> all(Vertx vertx) {
        return vertx.sharedData().getLocalMap(MAP);
    }

    /** How many addresses of {@code vertx} are listened on, those of one server not counted. */
    static int count(Vertx vertx) {
        return all(vertx).size();
    }

    Census census() {
        return census;
    }

    AuthThrottle throttle() {
        return throttle;
    }

    BytesInFlight bytesInFlight() {
        return bytesInFlight;
    }
}
