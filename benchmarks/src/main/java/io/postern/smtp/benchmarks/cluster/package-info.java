/** What it costs to have messages answered by other processes of a cluster. */
@NullMarked
package io.postern.smtp.benchmarks.cluster;

import org.jspecify.annotations.NullMarked;
