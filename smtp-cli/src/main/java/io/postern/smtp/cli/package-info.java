/**
 * The {@code postern} command.
 */
@NullMarked
package io.postern.smtp.cli;

import org.jspecify.annotations.NullMarked;
