/** LMTP servers on the engine and the driver of the core. */
module io.postern.smtp.lmtp {
    requires transitive io.postern.smtp.core;
    requires static transitive org.jspecify;

    exports io.postern.smtp.lmtp;
}
