package io.postern.smtp.handlers.maildir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A Maildir as a reader sees it. */
record Inbox(Path directory) {

    List<Path> fresh() throws IOException {
        return files("new");
    }

    List<Path> tmp() throws IOException {
        return files("tmp");
    }

    private List<Path> files(String part) throws IOException {
        if (!Files.isDirectory(directory.resolve(part))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory.resolve(part))) {
            return files.toList();
        }
    }

    /** The one message that there is. */
    String message() throws IOException {
        List<Path> files = fresh();
        if (files.size() != 1) {
            throw new AssertionError("one message is expected, but there are " + files);
        }
        return Files.readString(files.get(0), StandardCharsets.ISO_8859_1);
    }
}
