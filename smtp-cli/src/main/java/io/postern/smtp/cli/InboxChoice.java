package io.postern.smtp.cli;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.testkit.web.InboxPage;
import io.postern.smtp.testkit.web.InboxPageOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.concurrent.CompletionException;

/** The handler {@code inbox}: messages are shown by a page in the browser. */
final class InboxChoice {

    private InboxChoice() {}

    /** @throws IllegalArgumentException when an option is wrong; the message is for the user */
    static ServingHandler.Source of(List<String> arguments, InboxOptions given) {
        if (!arguments.isEmpty()) {
            throw new IllegalArgumentException("handler inbox takes options, and no arguments");
        }
        InboxPageOptions options = given.page();
        return vertx -> new Serving(open(vertx, options));
    }

    // the page is there before the first message
    private static InboxPage open(Vertx vertx, InboxPageOptions options) {
        try {
            return InboxPage.create(vertx, options)
                    .listen()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof FileSystemException) {
                throw new StartFailure(
                        "cannot use directory " + options.getDirectory().orElse(""), cause);
            }
            ListenAddress address = new ListenAddress.Inet(options.getHost(), options.getPort());
            throw StartFailure.cannotListen(address.toString(), cause);
        }
    }

    private record Serving(InboxPage page) implements ServingHandler {

        @Override
        public SmtpHandler handler() {
            return page.handler();
        }

        @Override
        public Future<?> close() {
            return page.close();
        }

        @Override
        public void join(SmtpServer server) {
            page.recordDialogueOf(server);
        }

        @Override
        public List<String> serving(List<ListenAddress> addresses) {
            page.setReceivingAt(addresses.stream().map(Object::toString).toList());
            return List.of("postern inbox at " + page.url());
        }
    }
}
