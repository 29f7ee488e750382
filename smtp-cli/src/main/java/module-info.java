/** The {@code postern} command. */
@SuppressWarnings("requires-automatic") // Micrometer and Hazelcast have no module-info
module io.postern.smtp.cli {
    requires io.postern.smtp.core;
    requires io.postern.smtp.lmtp;
    requires io.postern.smtp.controller;
    requires io.postern.smtp.handlers;
    requires io.postern.smtp.testkit;
    requires com.hazelcast.core;
    requires info.picocli;
    requires io.netty.common;
    requires io.vertx.clustermanager.hazelcast;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    requires java.logging;
    requires jdk.unsupported; // SIGHUP
    requires static org.jspecify;

    opens io.postern.smtp.cli to
            info.picocli;
}
