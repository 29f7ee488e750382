package io.postern.smtp.controller;

import io.vertx.core.transport.Transport;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How the system is asked for its sockets. The native transports need a jar of Netty beside Vert.x,
 * {@code netty-transport-native-epoll} and the like, of the version that Vert.x brings.
 *
 * <pre>{@code
 * SmtpController.create(handler, options).transport(TransportChoice.EPOLL);
 * }</pre>
 */
public enum TransportChoice {
    /** The best that there is: a native one when its jar is there and works, else {@link #NIO}. */
    AUTO(null) {
        @Override
        public Transport transport() {
            return orNio(Transport.nativeTransport());
        }
    },
    /** What the JDK has, on every system. */
    NIO(Transport.NIO),
    /** Linux. */
    EPOLL(Transport.EPOLL),
    /** Linux, since kernel 5.9. */
    IO_URING(Transport.IO_URING),
    /** macOS and BSD. */
    KQUEUE(Transport.KQUEUE);

    // Vert.x has none where its classes are missing
    private final @Nullable Transport known;

    TransportChoice(@Nullable Transport known) {
        this.known = known;
    }

    /**
     * The transport to build a {@link io.vertx.core.Vertx} with.
     *
     * @throws ControllerException when there is no such transport here, with the cause
     */
    public Transport transport() {
        if (known == null) {
            throw new ControllerException("transport " + this + " is not available: its classes are missing");
        }
        if (!known.available()) {
            Throwable cause = known.unavailabilityCause();
            throw cause == null
                    ? new ControllerException("transport " + this + " is not available")
                    : ControllerException.because("transport " + this + " is not available", root(cause));
        }
        return known;
    }

    static Transport orNio(@Nullable Transport best) {
        return best != null && best.available() ? best : Transport.NIO;
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /** The name in lower case, as Vert.x spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
