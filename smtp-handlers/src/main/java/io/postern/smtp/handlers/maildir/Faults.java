package io.postern.smtp.handlers.maildir;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a client reads when a message could not be stored. It may try again: somebody will make room or repair what is broken. */
final class Faults {

    /** What the system says for ENOSPC and EDQUOT; Java has no exceptions for them. */
    private static final List<String> FULL = List.of("No space left", "quota exceeded");
    /** Less is no room for a message and its directory entry, whatever the system says in whichever language. */
    private static final long ROOM = 65_536;

    private Faults() {}

    /** @param directory where it should have been stored */
    static Reply reply(IOException fault, Path directory) {
        return isFull(fault, directory) ? Replies.INSUFFICIENT_STORAGE : Replies.HANDLER_FAILED;
    }

    private static boolean isFull(IOException fault, Path directory) {
        String text = fault.getMessage();
        return (text != null && FULL.stream().anyMatch(text::contains)) || hasNoRoom(directory);
    }

    private static boolean hasNoRoom(Path directory) {
        @Nullable Path existing = directory;
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        try {
            return existing != null && Files.getFileStore(existing).getUsableSpace() < ROOM;
        } catch (IOException e) {
            return false;
        }
    }
}
