/**
 * A mail server for tests: JUnit extension, inbox, scripted faults and a client that speaks the wire.
 */
@NullMarked
package io.postern.smtp.testkit;

import org.jspecify.annotations.NullMarked;
