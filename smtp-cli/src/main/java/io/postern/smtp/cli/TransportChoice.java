package io.postern.smtp.cli;

import io.vertx.core.transport.Transport;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How the system is asked for its sockets: {@code --transport}. */
enum TransportChoice {
    AUTO(null) {
        @Override
        Transport transport() {
            Transport best = Transport.nativeTransport();
            return best != null && best.available() ? best : Transport.NIO;
        }
    },
    NIO(Transport.NIO),
    EPOLL(Transport.EPOLL),
    IO_URING(Transport.IO_URING),
    KQUEUE(Transport.KQUEUE);

    // Vert.x has none where its classes are missing
    private final @Nullable Transport known;

    TransportChoice(@Nullable Transport known) {
        this.known = known;
    }

    /** @throws StartFailure when there is no such transport here */
    Transport transport() {
        if (known == null) {
            throw new StartFailure("transport " + this + " is not available: its classes are missing");
        }
        if (!known.available()) {
            Throwable cause = known.unavailabilityCause();
            throw cause == null
                    ? new StartFailure("transport " + this + " is not available")
                    : new StartFailure("transport " + this + " is not available", root(cause));
        }
        return known;
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
