/**
 * Assertions of AssertJ on what has arrived, {@link io.postern.smtp.testkit.assertj.MailAssertions}. Needs AssertJ and, for all
 * but the envelope, Apache James' mime4j on the class path.
 */
@NullMarked
package io.postern.smtp.testkit.assertj;

import org.jspecify.annotations.NullMarked;
