/**
 * What an application holds or implements: {@link io.postern.smtp.SmtpServer} and
 * {@link io.postern.smtp.SmtpServerVerticle} with their {@link io.postern.smtp.SmtpServerOptions options},
 * {@link io.postern.smtp.SmtpHandler} for the questions a server asks, and the values that pass between them.
 */
@NullMarked
package io.postern.smtp;

import org.jspecify.annotations.NullMarked;
