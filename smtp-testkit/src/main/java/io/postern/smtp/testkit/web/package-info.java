/**
 * An inbox to look at: a web page with the messages that have come, and the same by REST for tests in other languages. Needs
 * {@code vertx-web} and {@code apache-mime4j-dom}, which are optional dependencies.
 */
@NullMarked
package io.postern.smtp.testkit.web;

import org.jspecify.annotations.NullMarked;
