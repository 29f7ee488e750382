package io.postern.smtp.protocol;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.Optional;

/** Counts what is allowed a few times but suspicious when it goes on. */
final class Budgets {

    private final Limits limits;
    private int unknownCommands;
    private int errors;
    private int authFailures;

    Budgets(Limits limits) {
        this.limits = limits;
    }

    /** Counts a mistake of the client. @return what ends the session, when this was one too many */
    Optional<Reply> spend(Violation violation) {
        if (!violation.isMistake()) {
            return Optional.empty();
        }
        errors++;
        if (violation == Violation.UNKNOWN_COMMAND && ++unknownCommands >= limits.unknownCommands()) {
            return Optional.of(Replies.TOO_MANY_UNKNOWN_COMMANDS);
        }
        return errors >= limits.errors() ? Optional.of(Replies.TOO_MANY_ERRORS) : Optional.empty();
    }

    /** Counts a failed authentication. @return what ends the session, when this was one too many */
    Optional<Reply> spendAuthFailure() {
        return ++authFailures >= limits.authFailures() ? Optional.of(Replies.TOO_MANY_AUTH_FAILURES) : Optional.empty();
    }

    /** A message was accepted: who delivers mail is no attacker, whatever went wrong before. */
    void restore() {
        unknownCommands = 0;
        errors = 0;
    }
}
