/**
 * Micro benchmarks of the hot paths, one question each.
 */
@NullMarked
package io.postern.smtp.benchmarks;

import org.jspecify.annotations.NullMarked;
