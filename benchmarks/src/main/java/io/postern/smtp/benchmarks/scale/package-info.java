/** What becomes of the cost of a message when there is more of everything. */
@NullMarked
package io.postern.smtp.benchmarks.scale;

import org.jspecify.annotations.NullMarked;
