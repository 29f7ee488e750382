package io.postern.smtp.handlers.maildir;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Has a directory written to the disk, once for all who have changed it since the last time. Whoever comes while another
 * thread does it leaves word and goes on with other work: that thread does it once more when it has finished. Were there two
 * at a time, they would only wait for each other in the kernel, which does not write a directory that is being changed.
 */
final class DirectorySync {

    private final FileWork.Step write;
    private final Object lock = new Object();
    private List<Consumer<Optional<IOException>>> waiting = new ArrayList<>();
    private boolean led;

    /** @param write writes the directory to the disk */
    DirectorySync(FileWork.Step write) {
        this.write = write;
    }

    /**
     * To be called when the directory was changed, and {@link #run()} after it.
     *
     * @param done told on any thread when the change will survive a crash, or why that is not known; must not throw
     */
    void join(Consumer<Optional<IOException>> done) {
        synchronized (lock) {
            waiting.add(done);
        }
    }

    /** Serves all who have joined, unless a thread does so already. */
    void run() {
        synchronized (lock) {
            if (led) {
                return;
            }
            led = true;
        }
        List<Consumer<Optional<IOException>>> group = next();
        while (!group.isEmpty()) {
            Optional<IOException> fault = sync();
            group.forEach(done -> done.accept(fault));
            group = next();
        }
    }

    private List<Consumer<Optional<IOException>>> next() {
        synchronized (lock) {
            if (waiting.isEmpty()) {
                led = false;
                return List.of(); // not the list itself, which the next one to come adds to
            }
            List<Consumer<Optional<IOException>>> group = waiting;
            waiting = new ArrayList<>();
            return group;
        }
    }

    private Optional<IOException> sync() {
        try {
            write.run();
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(e);
        } catch (RuntimeException | Error e) {
            return Optional.of(new IOException("file work failed", e));
        }
    }
}
