package io.postern.smtp.benchmarks.loopback;

/**
 * A server that accepts connections on the loopback.
 *
 * @param stop ends it
 */
record RunningPeer(int port, Runnable stop) {}
