/**
 * Whole messages that may be large, and are parsed as MIME when somebody wants it: {@link
 * io.postern.smtp.handlers.mime.MimeHandler}. Needs Apache James Mime4j ({@code org.apache.james:apache-mime4j-dom}), which
 * is an optional dependency.
 */
@NullMarked
package io.postern.smtp.handlers.mime;

import org.jspecify.annotations.NullMarked;
