package io.postern.smtp.handlers.maildir;

import io.postern.smtp.Reply;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Something for a file thread to do. */
sealed interface FileWork {

    /**
     * Writes a part of a message that is not complete.
     *
     * @param done told when it is written; when it cannot be, nothing remains, and these are the answers
     */
    record Append(MessageFile file, ByteBuffer content, Consumer<Optional<List<Reply>>> done) implements FileWork {}

    /**
     * Writes the last part, which may be the only one, and delivers the message.
     *
     * @param done completed with the answers when the message is where it can be
     */
    record Commit(MessageFile file, ByteBuffer content, Promise<List<Reply>> done) implements FileWork {}

    /** Removes a message that will never be complete. */
    record Discard(MessageFile file) implements FileWork {}

    /**
     * Makes directories ready before there is a message.
     *
     * @param done completed when they are
     */
    record Prepare(Step step, Promise<Void> done) implements FileWork {}

    /** What may fail as files do. */
    interface Step {
        void run() throws IOException;
    }

    /** Runs a step; gives why it failed, whatever it threw. */
    static Optional<IOException> fault(Step step) {
        try {
            step.run();
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(e);
        } catch (RuntimeException | Error e) {
            return Optional.of(new IOException("file work failed", e));
        }
    }

    /** Tells somebody. Who cannot be told, since its context is gone, keeps nobody else from being told. */
    static void tell(Runnable telling) {
        try {
            telling.run();
        } catch (RuntimeException | Error e) {
            System.getLogger(MaildirHandler.class.getName())
                    .log(System.Logger.Level.WARNING, "nobody could be told what became of a message", e);
        }
    }
}
