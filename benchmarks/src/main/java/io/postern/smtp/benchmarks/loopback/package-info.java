/** What a message costs over a socket of the loopback, beside the SMTP servers that a JVM could run otherwise. */
@NullMarked
package io.postern.smtp.benchmarks.loopback;

import org.jspecify.annotations.NullMarked;
