package io.postern.smtp.handlers.maildir;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What is to be changed in a directory, which is then written to the disk once for all who wait for that. Whoever comes while
 * another thread does it leaves word and goes on with other work. One thread that moves all files is faster than several, which
 * would wait for each other in the kernel: there a directory is changed by one at a time, and not while it is written.
 */
final class DirectoryChanges {

    private record Change(FileWork.Step step, Consumer<Optional<IOException>> done) {}

    private final FileWork.Step write;
    private final Object lock = new Object();
    private List<Change> waiting = new ArrayList<>();
    private boolean served;

    /** @param write writes the directory to the disk */
    DirectoryChanges(FileWork.Step write) {
        this.write = write;
    }

    /**
     * Has the directory changed by {@link #serve()}, which is to be called after it.
     *
     * @param step changes the directory, or does nothing when that is done; run on any thread
     * @param done told on any thread when the change will survive a crash, or why it was not made or that is not known
     */
    void join(FileWork.Step step, Consumer<Optional<IOException>> done) {
        Change change = new Change(step, done);
        synchronized (lock) {
            waiting.add(change);
        }
    }

    /**
     * Serves all who have joined, unless a thread does so already: that one will be told to come again.
     *
     * @return whether others have joined meanwhile: call it again, when other directories had their turn
     */
    boolean serve() {
        List<Change> group;
        synchronized (lock) {
            if (served || waiting.isEmpty()) {
                return false;
            }
            group = waiting;
            waiting = new ArrayList<>();
            served = true;
        }
        boolean more = false;
        try {
            serve(group);
        } finally {
            synchronized (lock) {
                served = false;
                more = !waiting.isEmpty();
            }
        }
        return more;
    }

    private void serve(List<Change> group) {
        List<Change> made = new ArrayList<>(group.size());
        for (Change change : group) {
            Optional<IOException> fault = FileWork.fault(change.step());
            if (fault.isPresent()) {
                FileWork.tell(() -> change.done().accept(fault));
            } else {
                made.add(change);
            }
        }
        if (!made.isEmpty()) {
            Optional<IOException> fault = FileWork.fault(write);
            made.forEach(change -> FileWork.tell(() -> change.done().accept(fault)));
        }
    }
}
