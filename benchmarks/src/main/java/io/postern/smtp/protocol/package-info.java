/** Benchmarks of parts of the engine, in their package because they are not public. */
@NullMarked
package io.postern.smtp.protocol;

import org.jspecify.annotations.NullMarked;
