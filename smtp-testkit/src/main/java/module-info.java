/** Tools for testing code that sends mail, and servers that receive it. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // mime4j has no module-info
module io.postern.smtp.testkit {
    requires transitive io.postern.smtp.core;
    requires transitive io.postern.smtp.controller;
    requires static transitive org.junit.jupiter.api;
    requires static transitive io.vertx.testing.junit5;
    requires static apache.mime4j.core;
    requires static apache.mime4j.dom;
    requires static transitive org.assertj.core;
    requires static io.netty.pkitesting;
    requires static io.vertx.web;
    requires io.netty.buffer;
    requires io.netty.common;
    requires io.netty.transport;
    requires static transitive org.jspecify;

    exports io.postern.smtp.testkit;
    exports io.postern.smtp.testkit.assertj;
    exports io.postern.smtp.testkit.conformance;
    exports io.postern.smtp.testkit.faults;
    exports io.postern.smtp.testkit.junit;
    exports io.postern.smtp.testkit.web;

    provides io.vertx.junit5.VertxExtensionParameterProvider with
            io.postern.smtp.testkit.junit.TestSmtpServerProvider;
}
