/**
 * Authentication: {@link io.postern.smtp.sasl.SaslMechanism mechanisms} lead the dialogue with the client (RFC 4422),
 * {@link io.postern.smtp.sasl.Authenticator authenticators} know who may come in. A mechanism never sees base64, replies
 * or lines; the server puts its steps on the wire (RFC 4954).
 *
 * <p>No secret of a client or of a user is part of a {@code toString}, of an exception or of a log line of this package.
 */
@NullMarked
package io.postern.smtp.sasl;

import org.jspecify.annotations.NullMarked;
