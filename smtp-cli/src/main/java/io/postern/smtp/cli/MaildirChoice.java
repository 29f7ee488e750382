package io.postern.smtp.cli;

import io.postern.smtp.handlers.maildir.MaildirHandler;
import io.postern.smtp.handlers.maildir.MaildirOptions;
import io.postern.smtp.handlers.maildir.MaildirSync;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ExecutionException;

/** The handler {@code maildir DIR [none|file|full]}. */
final class MaildirChoice {

    private MaildirChoice() {}

    /**
     * Makes the Maildir ready; blocks until it is.
     *
     * @throws StartFailure when it cannot be used
     */
    static ServingHandler.Source of(List<String> arguments) {
        if (arguments.isEmpty() || arguments.size() > 2 || arguments.get(0).isEmpty()) {
            throw new IllegalArgumentException("handler maildir takes a directory and none, file or full");
        }
        MaildirSync sync = arguments.size() == 2 ? sync(arguments.get(1)) : MaildirSync.FULL;
        String directory = arguments.get(0);
        MaildirHandler handler = new MaildirHandler(Path.of(directory), new MaildirOptions().setSync(sync));
        try {
            handler.prepare().toCompletionStage().toCompletableFuture().get();
            return vertx -> ServingHandler.of(handler, handler::close);
        } catch (ExecutionException e) {
            throw new StartFailure("cannot use Maildir " + directory, Objects.requireNonNullElse(e.getCause(), e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("cannot use Maildir " + directory, e);
        }
    }

    private static MaildirSync sync(String word) {
        return Arrays.stream(MaildirSync.values())
                .filter(sync -> sync.name().toLowerCase(Locale.ROOT).equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "handler maildir takes none, file or full behind its directory, not '" + word + "'"));
    }
}
