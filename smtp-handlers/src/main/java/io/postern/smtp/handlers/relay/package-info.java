/**
 * Passes mail on to a next hop while the client waits: {@link io.postern.smtp.handlers.relay.RelayHandler}, and the client
 * of SMTP and LMTP that it is made of, {@link io.postern.smtp.handlers.relay.RelayClient}.
 *
 * <p>From the outside in: a {@code RelayTransaction} borrows a {@code HopConnection} from the {@code ConnectionPool}, which
 * has {@code Opening} lead new ones to where they can take mail; a {@code HopTransaction} speaks MAIL and RCPT on it, and a
 * {@code BodyTransfer} lets the body pass through a {@code BodyFilter} into a {@code BodyWriter}, for DATA or for BDAT. All
 * that belongs to a connection stays on its event loop.
 */
@NullMarked
package io.postern.smtp.handlers.relay;

import org.jspecify.annotations.NullMarked;
