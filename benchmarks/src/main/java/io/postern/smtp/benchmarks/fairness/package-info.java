/** What a normal client notices of others that ask for more than their share. */
@NullMarked
package io.postern.smtp.benchmarks.fairness;

import org.jspecify.annotations.NullMarked;
