package io.postern.smtp.testkit.assertj;

import io.postern.smtp.testkit.ParsedMail;

/** Assertions on a {@link ParsedMail}. */
public final class ParsedMailAssert extends AbstractMailAssert<ParsedMailAssert, ParsedMail> {

    ParsedMailAssert(ParsedMail actual) {
        super(actual, ParsedMailAssert.class);
    }

    @Override
    ParsedMail mail() {
        isNotNull();
        return actual;
    }

    @Override
    String shown() {
        return "a mail with the subject " + quoted(actual.subject()) + " from " + quoted(actual.headers("From"))
                + " to " + quoted(actual.headers("To")) + ":\n"
                + (actual.text().isEmpty() ? actual.html() : actual.text());
    }
}
