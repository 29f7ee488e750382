/**
 * Micrometer meters of SMTP servers. Needs {@code io.micrometer:micrometer-core}, which is an optional dependency.
 */
@NullMarked
package io.postern.smtp.handlers.metrics;

import org.jspecify.annotations.NullMarked;
