/**
 * Micro benchmarks of the hot paths, one question each; and what the loads in the packages below have in common.
 */
@NullMarked
package io.postern.smtp.benchmarks;

import org.jspecify.annotations.NullMarked;
