/**
 * The LMTP dialect of the server: after the end of a message each accepted recipient gets a reply of its own.
 */
@NullMarked
package io.postern.smtp.lmtp;

import org.jspecify.annotations.NullMarked;
