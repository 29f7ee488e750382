/**
 * Ready handlers, and meters for any handler.
 */
@NullMarked
package io.postern.smtp.handlers;

import org.jspecify.annotations.NullMarked;
