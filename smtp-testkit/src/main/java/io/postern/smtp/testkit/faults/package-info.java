/**
 * Faults that a server has when a test wants it to: {@link io.postern.smtp.testkit.faults.Faults} says when, which and what.
 */
@NullMarked
package io.postern.smtp.testkit.faults;

import org.jspecify.annotations.NullMarked;
