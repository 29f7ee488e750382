package io.postern.smtp.handlers.maildir;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Makes changes to a directory and has it written to the disk, once for all who wait for that. Whoever comes while another
 * thread does it leaves word and goes on with other work: that thread does it once more when it has finished. One thread that
 * makes all changes is faster than several, which would wait for each other in the kernel: there a directory is changed by one
 * at a time, and not while it is written.
 */
final class DirectorySync {

    /**
     * What somebody wants.
     *
     * @param done must not throw
     */
    private record Change(FileWork.Step step, Consumer<Optional<IOException>> done) {}

    private final FileWork.Step write;
    private final Object lock = new Object();
    private List<Change> waiting = new ArrayList<>();
    private boolean led;

    /** @param write writes the directory to the disk */
    DirectorySync(FileWork.Step write) {
        this.write = write;
    }

    /**
     * Has the directory changed by {@link #run()}, which is to be called after it.
     *
     * @param step changes the directory, or does nothing when that is done; run on any thread
     * @param done told on any thread when the change will survive a crash, or why it was not made or that is not known; must
     *     not throw
     */
    void join(FileWork.Step step, Consumer<Optional<IOException>> done) {
        synchronized (lock) {
            waiting.add(new Change(step, done));
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
        List<Change> group = next();
        while (!group.isEmpty()) {
            serve(group);
            group = next();
        }
    }

    private List<Change> next() {
        synchronized (lock) {
            if (waiting.isEmpty()) {
                led = false;
                return List.of(); // not the list itself, which the next one to come adds to
            }
            List<Change> group = waiting;
            waiting = new ArrayList<>();
            return group;
        }
    }

    private void serve(List<Change> group) {
        List<Change> made = new ArrayList<>(group.size());
        for (Change change : group) {
            Optional<IOException> fault = FileWork.fault(change.step());
            if (fault.isPresent()) {
                change.done().accept(fault);
            } else {
                made.add(change);
            }
        }
        if (!made.isEmpty()) {
            Optional<IOException> fault = FileWork.fault(write);
            made.forEach(change -> change.done().accept(fault));
        }
    }
}
