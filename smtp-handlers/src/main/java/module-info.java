/** Ready handlers. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // Micrometer has no module-info
module io.postern.smtp.handlers {
    requires transitive io.postern.smtp.core;
    requires io.netty.common;
    requires io.netty.transport;
    requires static transitive micrometer.core;
    requires static transitive org.jspecify;

    exports io.postern.smtp.handlers;
    exports io.postern.smtp.handlers.relay;
}
