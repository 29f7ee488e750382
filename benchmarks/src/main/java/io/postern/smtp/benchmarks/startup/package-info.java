/** How long the command takes to start. */
@NullMarked
package io.postern.smtp.benchmarks.startup;

import org.jspecify.annotations.NullMarked;
