/**
 * The driver: one connection is one {@link io.postern.smtp.protocol.SmtpEngine} and one socket.
 * {@link io.postern.smtp.server.SmtpConnection} is where bytes meet the socket and where hooks are called;
 * {@link io.postern.smtp.server.VertxSmtpServer} accepts connections and ends them;
 * {@link io.postern.smtp.server.Deadlines} keeps the time for all of them;
 * {@link io.postern.smtp.server.BodyStream} hands a message to its handler.
 *
 * <p>Everything here belongs to the context of its connection. Nothing is locked, because nothing is shared; what comes
 * from another thread hops to the context first.
 */
@NullMarked
package io.postern.smtp.server;

import org.jspecify.annotations.NullMarked;
