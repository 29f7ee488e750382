/** Ready handlers. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // Micrometer has no module-info
module io.postern.smtp.handlers {
    requires transitive io.postern.smtp.core;
    requires static apache.mime4j.core; // not transitive: who does not use them could not compile without them
    requires static apache.mime4j.dom;
    requires io.netty.buffer;
    requires io.netty.common;
    requires io.netty.transport;
    requires static transitive micrometer.core;
    requires static transitive org.jspecify;

    exports io.postern.smtp.handlers;
    exports io.postern.smtp.handlers.metrics;
    exports io.postern.smtp.handlers.maildir;
    exports io.postern.smtp.handlers.eventbus;
    exports io.postern.smtp.handlers.mime;
    exports io.postern.smtp.handlers.routing;
    exports io.postern.smtp.handlers.relay;
}
