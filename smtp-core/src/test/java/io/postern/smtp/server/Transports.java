package io.postern.smtp.server;

import io.vertx.core.Vertx;
import io.vertx.core.transport.Transport;
import java.util.stream.Stream;

/** What the driver runs on; epoll only where the machine has it. */
enum Transports {
    NIO(Transport.NIO),
    EPOLL(Transport.EPOLL);

    private final Transport transport;

    Transports(Transport transport) {
        this.transport = transport;
    }

    static Stream<Transports> available() {
        return Stream.of(values()).filter(candidate -> candidate.transport != null && candidate.transport.available());
    }

    Vertx vertx() {
        return Vertx.builder().withTransport(transport).build();
    }
}
