/**
 * The protocol engine: bytes in, questions and bytes out. It reads no socket, keeps no time, schedules nothing and logs
 * nothing; whoever drives it does (RFC 5321 as a state machine that can be tested without a network).
 *
 * <h2>Read in this order</h2>
 *
 * <ol>
 *   <li>{@link io.postern.smtp.protocol.Phase}: where a session stands, and which commands are in order there.
 *   <li>{@link io.postern.smtp.protocol.SmtpEngine}: what each command does; its {@code run} is the loop.
 *   <li>{@link io.postern.smtp.protocol.Output}: what the engine asks of its driver.
 * </ol>
 *
 * <p>Beside them stand {@link io.postern.smtp.protocol.Verb} (every fact about a command),
 * {@link io.postern.smtp.protocol.Violation} (every way a client can be wrong, with its reply),
 * {@link io.postern.smtp.protocol.Limits} (every limit), {@link io.postern.smtp.protocol.Capabilities} (which extensions
 * hold), {@link io.postern.smtp.protocol.Budgets} (how much a client may get wrong), and
 * {@link io.postern.smtp.protocol.Dialect} (what LMTP changes). Bytes are cut into lines by
 * {@link io.postern.smtp.protocol.CommandLines}, messages are unpacked by {@link io.postern.smtp.protocol.BodyDecoder} and
 * {@link io.postern.smtp.protocol.ChunkDecoder}, and replies become bytes in
 * {@link io.postern.smtp.protocol.ReplyEncoder}, nowhere else.
 *
 * <h2>The phases</h2>
 *
 * <pre>
 *   GREETING --220--> CONNECTED --HELO,EHLO--> READY --MAIL--> SENDER --RCPT--> RECIPIENTS
 *      |                                         ^                               |   |
 *      +--554--> REFUSED                         |<-------- end of message ------|   |
 *                                                |                              BODY (DATA)
 *                                                +-------------------------- CHUNKS (BDAT)
 *   RSET, HELO and EHLO lead from SENDER and RECIPIENTS back to READY, RSET also from
 *   CHUNKS, and so does a refused chunk; QUIT and 421 lead to CLOSED.
 *   STARTTLS leads from READY to TLS, and the end of the handshake to CONNECTED, or to INSECURE when the application does
 *   not accept it; AUTH leads from READY to EXCHANGE and back. An extension that names another client leads from
 *   wherever it is in order back to GREETING.
 * </pre>
 *
 * <h2>Whose turn it is</h2>
 *
 * <p>The engine asks the application through {@code Output} and then consumes nothing until it is answered: the rest of
 * the input stays where it is. An answer may be given inside the question; it is only stored then, and the running loop
 * picks it up, so that no number of pipelined commands grows the stack. After a fixed number of commands the loop stops
 * with input left ({@link io.postern.smtp.protocol.SmtpEngine#wantsTurn()}), so that one client cannot hold an event loop.
 * All replies of one run of the loop are sent with one call.
 */
@NullMarked
package io.postern.smtp.protocol;

import org.jspecify.annotations.NullMarked;
