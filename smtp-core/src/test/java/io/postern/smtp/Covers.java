package io.postern.smtp;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The sections of RFCs that a test shows to hold, as {@code "RFC 5321 §4.1.1"}. {@link RfcCoverageTest} gathers them in
 * {@code docs/rfc-coverage.md}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Covers {
    String[] value();
}
