package io.postern.smtp.handlers.maildir;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The threads that work with files, so that no event loop does. Each takes its share of what waits as one {@link Batch}: while
 * there are threads to spare that is one message, and the more wait the more share the cost of the disk.
 *
 * <p>A thread is started when there is work that none is waiting for, and ends when there was none for a while. They are
 * daemons: a process may end at any moment without loss of what was answered.
 */
final class FileThreads {

    private static final System.Logger LOG = System.getLogger(MaildirHandler.class.getName());

    private static final AtomicInteger POOLS = new AtomicInteger();
    /** How many messages share a batch at the most, so that the first does not wait long for the last. */
    private static final int MAX_BATCH = 64;

    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final String name = "maildir-" + POOLS.incrementAndGet() + "-";
    private final int maxThreads;
    private final MaildirSync sync;
    private final Set<MessageFile> unfinished = ConcurrentHashMap.newKeySet();
    private final Promise<Void> ended = Promise.promise();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Queue<FileWork> queue = new ArrayDeque<>();
    private int threads;
    private int waiting;
    private int started;
    private boolean closed;

    FileThreads(int maxThreads, MaildirSync sync) {
        this.maxThreads = maxThreads;
        this.sync = sync;
    }

    /**
     * Has the work done on one of the threads; returns at once.
     *
     * @return whether it will be; not after {@link #close}
     */
    boolean execute(FileWork next) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            queue.add(next);
            if (queue.size() > waiting && threads < maxThreads) {
                start();
            } else {
                work.signal();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void start() {
        Thread thread = new Thread(this::run, name + ++started);
        thread.setDaemon(true);
        thread.start();
        threads++; // only now: it may be that there can be no more of them
    }

    private void run() {
        List<FileWork> works = next();
        while (!works.isEmpty()) {
            try {
                new Batch(sync, unfinished).run(works);
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, "file work failed", e);
            }
            works = next();
        }
    }

    /** Waits for work. Gives none when the thread should end. */
    private List<FileWork> next() {
        lock.lock();
        try {
            long patience = IDLE_NANOS;
            while (queue.isEmpty() && !closed && patience > 0) {
                waiting++;
                try {
                    patience = work.awaitNanos(patience);
                } catch (InterruptedException e) {
                    patience = 0; // by whom? the thread ends, and another is started for the next work
                } finally {
                    waiting--;
                }
            }
            List<FileWork> share = share();
            if (share.isEmpty()) {
                threads--;
                endIfClosed();
            }
            return share;
        } finally {
            lock.unlock();
        }
    }

    private List<FileWork> share() {
        int size = Math.min(MAX_BATCH, (queue.size() + maxThreads - 1) / maxThreads);
        List<FileWork> share = new ArrayList<>(size);
        while (share.size() < size) {
            share.add(queue.remove());
        }
        return share;
    }

    private void endIfClosed() {
        if (closed && threads == 0) {
            unfinished.forEach(MessageFile::discard);
            unfinished.clear();
            ended.tryComplete();
        }
    }

    /** Takes no more work, does what waits, and removes messages that are not complete. Completes on any thread. */
    Future<Void> close() {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
            endIfClosed();
        } finally {
            lock.unlock();
        }
        return ended.future();
    }
}
