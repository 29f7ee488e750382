package io.postern.smtp.cli;

import java.util.Optional;

/**
 * What to listen on, and how.
 *
 * @param tls empty when it is as the options of the server say
 */
record Listener(ListenAddress address, Optional<Tls> tls) {}
