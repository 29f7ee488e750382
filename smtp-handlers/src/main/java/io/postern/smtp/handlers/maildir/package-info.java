/**
 * A handler that stores messages in Maildirs, durably.
 *
 * <p>To read it: {@code MaildirHandler} answers the hooks; a {@code Delivery} takes one body from the event loop to the file
 * threads; {@code FileThreads} run the file work in batches, and {@code Batch} has the order in which a message becomes
 * durable; {@code MessageFile} is one message on its way, {@code Maildir} one directory.
 */
@NullMarked
package io.postern.smtp.handlers.maildir;

import org.jspecify.annotations.NullMarked;
