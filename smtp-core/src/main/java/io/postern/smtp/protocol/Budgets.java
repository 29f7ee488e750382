package io.postern.smtp.protocol;

import io.postern.smtp.Limit;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Counts what is allowed a few times but suspicious when it goes on. */
final class Budgets {

    private final Limits limits;
    private final Output output;
    private int unknownCommands;
    private int errors;
    private long dropped;
    private int authFailures;
    private int messages;
    private int junkCommands;
    private int premature;
    private @Nullable Map<String, Integer> calls;

    /** @param output told of each limit that the client runs into */
    Budgets(Limits limits, Output output) {
        this.limits = limits;
        this.output = output;
    }

    /** Counts a mistake of the client. @return what ends the session, when this was one too many */
    Optional<Reply> spend(Violation violation) {
        violation.limit().ifPresent(output::limitHit);
        if (!violation.isMistake() || (violation.isForeseeable() && ++premature <= wholeTransaction())) {
            return Optional.empty();
        }
        errors++;
        if (violation == Violation.UNKNOWN_COMMAND && ++unknownCommands >= limits.unknownCommands()) {
            return over(Limit.UNKNOWN_COMMANDS, Replies.TOO_MANY_UNKNOWN_COMMANDS);
        }
        return errors >= limits.errors() ? over(Limit.ERRORS, Replies.TOO_MANY_ERRORS) : Optional.empty();
    }

    private Optional<Reply> over(Limit limit, Reply last) {
        output.limitHit(limit);
        return Optional.of(last);
    }

    /** The commands that a client sends at once when it pipelines: MAIL, a RCPT for each recipient, DATA. */
    private int wholeTransaction() {
        return limits.recipients() + 2;
    }

    /** Counts a command that brings no mail. @return what ends the session, when it was one too many */
    Optional<Reply> spendJunkCommand() {
        return limits.junkCommands() != 0 && ++junkCommands > limits.junkCommands()
                ? over(Limit.JUNK_COMMANDS, Replies.TOO_MANY_JUNK_COMMANDS)
                : Optional.empty();
    }

    /** Counts octets of refused messages. @return whether they are more than keeping the session in step is worth */
    boolean drop(long octets) {
        dropped += octets;
        if (dropped <= Limits.DISCARD) {
            return false;
        }
        output.limitHit(Limit.DROPPED_OCTETS);
        return true;
    }

    /** Counts a failed authentication. @return what ends the session, when this was one too many */
    Optional<Reply> spendAuthFailure() {
        return ++authFailures >= limits.authFailures()
                ? over(Limit.AUTH_FAILURES, Replies.TOO_MANY_AUTH_FAILURES)
                : Optional.empty();
    }

    /** Counts a command. @return what ends the session, when it was one too many */
    Optional<Reply> spendCall(String command) {
        if (limits.commandCalls().isUnlimited()) {
            return Optional.empty();
        }
        if (calls == null) {
            calls = new HashMap<>();
        }
        return calls.merge(command, 1, Integer::sum) > limits.commandCalls().limit(command)
                ? over(Limit.COMMAND_CALLS, Reply.of(421, "4.7.0", command + " sent too many times"))
                : Optional.empty();
    }

    /** Counts the beginning of a message. @return what ends the session, when it was one too many */
    Optional<Reply> spendMessage() {
        return limits.messages() != 0 && ++messages > limits.messages()
                ? over(Limit.MESSAGES, Replies.TOO_MANY_MESSAGES)
                : Optional.empty();
    }

    /** A message was accepted: who delivers mail is no attacker, whatever went wrong before. */
    void restore() {
        unknownCommands = 0;
        errors = 0;
        junkCommands = 0;
        premature = 0;
        dropped = 0;
    }
}
