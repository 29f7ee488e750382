package io.postern.smtp.handlers.maildir;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The {@code new/} directories that a batch changes, each of which is written to the disk once for the whole batch. */
final class NewDirectories implements AutoCloseable {

    private final boolean sync;
    private final Map<Maildir, FileChannel> channels = new LinkedHashMap<>();
    private final Map<Maildir, IOException> faults = new LinkedHashMap<>();

    /** @param sync whether to write them at all */
    NewDirectories(boolean sync) {
        this.sync = sync;
    }

    /** A file is about to be put there. Fails before it is when the directory cannot be opened to be written later. */
    void touch(Maildir maildir) throws IOException {
        if (sync && !channels.containsKey(maildir)) {
            channels.put(maildir, maildir.openNew());
        }
    }

    void sync() {
        channels.forEach((maildir, channel) -> {
            try {
                channel.force(true);
            } catch (IOException e) {
                faults.put(maildir, e);
            }
        });
    }

    /** Why the directory could not be written; empty when it was. */
    Optional<IOException> fault(Maildir maildir) {
        return Optional.ofNullable(faults.get(maildir));
    }

    @Override
    public void close() {
        for (FileChannel channel : channels.values()) {
            try {
                channel.close();
            } catch (IOException e) {
                // it was only read
            }
        }
    }
}
