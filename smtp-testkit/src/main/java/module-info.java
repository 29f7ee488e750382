/** Tools for testing code that sends mail, and servers that receive it. */
module io.postern.smtp.testkit {
    requires transitive io.postern.smtp.core;
    requires transitive io.postern.smtp.controller;
    requires transitive org.junit.jupiter.api;
    requires static transitive org.jspecify;

    exports io.postern.smtp.testkit;
    exports io.postern.smtp.testkit.conformance;
}
