/** What TLS costs, beside servers of other languages. */
@NullMarked
package io.postern.smtp.benchmarks.tls;

import org.jspecify.annotations.NullMarked;
