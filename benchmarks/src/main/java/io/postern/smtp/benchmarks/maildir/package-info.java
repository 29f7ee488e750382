/** How many messages a second are stored in a Maildir, beside other ways to store them as safely, or less so. */
@NullMarked
package io.postern.smtp.benchmarks.maildir;

import org.jspecify.annotations.NullMarked;
