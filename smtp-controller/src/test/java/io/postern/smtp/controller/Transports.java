package io.postern.smtp.controller;

import java.util.stream.Stream;

/** The transports that this machine has. */
final class Transports {

    private Transports() {}

    static Stream<TransportChoice> available() {
        return Stream.of(TransportChoice.NIO, TransportChoice.EPOLL, TransportChoice.IO_URING, TransportChoice.KQUEUE)
                .filter(Transports::isAvailable);
    }

    static boolean isAvailable(TransportChoice choice) {
        try {
            return choice.transport().available();
        } catch (ControllerException missing) {
            return false;
        }
    }
}
