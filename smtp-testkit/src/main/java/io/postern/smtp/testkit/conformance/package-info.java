/**
 * The cases that a server of SMTP or LMTP has to get right, to be run against any server: see {@link
 * io.postern.smtp.testkit.conformance.Conformance}.
 */
@NullMarked
package io.postern.smtp.testkit.conformance;

import org.jspecify.annotations.NullMarked;
