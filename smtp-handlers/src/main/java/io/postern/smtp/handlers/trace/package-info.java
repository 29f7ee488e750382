/**
 * What a server adds to a message that it takes: trace fields (RFC 5321 §4.4) and the envelope, and the editor that puts
 * them on top while the message streams through. Shared by the handlers, exported to nobody.
 */
@NullMarked
package io.postern.smtp.handlers.trace;

import org.jspecify.annotations.NullMarked;
