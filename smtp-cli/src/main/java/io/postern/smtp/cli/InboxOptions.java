package io.postern.smtp.cli;

import io.postern.smtp.testkit.web.InboxPageOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of the handler {@code inbox}. */
final class InboxOptions {

    @Option(
            names = "--ui",
            paramLabel = "HOST:PORT",
            description = "Where the page of inbox is; default 127.0.0.1:" + InboxPageOptions.DEFAULT_PORT
                    + "; on the loopback interface without HOST.")
    private @Nullable String ui;

    @Option(
            names = "--ui-name",
            paramLabel = "NAME",
            description = "A name of this machine by which browsers ask for it, besides localhost; repeatable.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--max-messages",
            paramLabel = "N",
            description = "How many messages inbox keeps; default " + InboxPageOptions.DEFAULT_MAX_MESSAGES + ".")
    private @Nullable Integer maxMessages;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description = "Where inbox stores them, to have them again after a restart; default in memory.")
    private @Nullable String directory;

    InboxOptions() {}

    /** @throws IllegalArgumentException when one is given; the message is for the user */
    void checkNone() {
        if (ui != null || !names.isEmpty() || maxMessages != null || directory != null) {
            String given = ui != null
                    ? "--ui"
                    : !names.isEmpty() ? "--ui-name" : maxMessages != null ? "--max-messages" : "--directory";
            throw new IllegalArgumentException(given + " needs handler inbox");
        }
    }

    /** @throws IllegalArgumentException when one is wrong; the message is for the user */
    InboxPageOptions page() {
        InboxPageOptions options = new InboxPageOptions();
        set("--ui", ui, text -> {
            ListenAddress.Inet address = ListenAddress.Inet.parse(text, InboxPageOptions.DEFAULT_HOST);
            options.setHost(Objects.requireNonNull(address.host())).setPort(address.port());
        });
        set("--ui-name", names, options::setHostNames);
        set("--max-messages", maxMessages, options::setMaxMessages);
        set("--directory", directory, options::setDirectory);
        return options;
    }

    private static <T> void set(String option, @Nullable T value, Consumer<T> setter) {
        if (value != null) {
            try {
                setter.accept(value);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(option + ": " + e.getMessage(), e);
            }
        }
    }
}
