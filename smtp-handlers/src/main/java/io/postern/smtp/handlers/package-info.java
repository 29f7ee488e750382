/**
 * Ready handlers.
 */
@NullMarked
package io.postern.smtp.handlers;

import org.jspecify.annotations.NullMarked;
