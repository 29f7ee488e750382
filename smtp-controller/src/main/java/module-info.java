/** Starting and stopping servers. */
module io.postern.smtp.controller {
    requires transitive io.postern.smtp.core;
    requires static transitive org.jspecify;

    exports io.postern.smtp.controller;
}
