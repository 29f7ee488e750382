/** What a message costs in ways that do not depend on how fast a machine is. */
@NullMarked
package io.postern.smtp.benchmarks.cost;

import org.jspecify.annotations.NullMarked;
