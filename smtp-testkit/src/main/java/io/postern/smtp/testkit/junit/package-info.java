/**
 * The server in tests of JUnit 5 and 6, {@link io.postern.smtp.testkit.junit.SmtpServerExtension}, and in those of
 * vertx-junit5, {@link io.postern.smtp.testkit.junit.TestSmtpServerProvider}. Each needs its library on the class path.
 */
@NullMarked
package io.postern.smtp.testkit.junit;

import org.jspecify.annotations.NullMarked;
