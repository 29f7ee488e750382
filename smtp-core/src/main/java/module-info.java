/**
 * Protocol engine, public API and Vert.x driver of the Postern SMTP and LMTP server framework.
 */
@SuppressWarnings("module") // the friends below are compiled after this module
module io.postern.smtp.core {
    requires transitive io.vertx.core;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.haproxy;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires static io.vertx.auth.common; // not transitive: who does not use it could not compile without it
    requires static transitive org.jspecify;

    exports io.postern.smtp;
    exports io.postern.smtp.sasl;
    exports io.postern.smtp.protocol to
            io.postern.smtp.lmtp,
            io.postern.smtp.testkit;
    exports io.postern.smtp.server to
            io.postern.smtp.testkit;
}
