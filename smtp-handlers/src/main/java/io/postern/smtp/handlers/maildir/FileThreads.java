package io.postern.smtp.handlers.maildir;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads that work with files, so that no event loop does. While there are threads to spare, each message is one
 * {@link Batch}; when all are busy, each takes its share of what waits, and the more waits the more share the cost of the disk.
 *
 * <p>A thread is started when there is work and none is idle, and ends when it had none for a while. They are daemons: a
 * process may end at any moment without loss of what was answered.
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

    private final Object lock = new Object();
    /** Work that waits for a thread; there is some only while no thread is idle. */
    private final Queue<FileWork> queue = new ArrayDeque<>();
    /** The one that worked last is the first to work again: so as many are awake as are needed, and no more. */
    private final Deque<FileThread> idle = new ArrayDeque<>();

    private int threads;
    private int started;
    private volatile boolean closed;

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
        FileThread taker;
        synchronized (lock) {
            if (closed) {
                return false;
            }
            taker = idle.pollLast();
            if (taker != null) {
                taker.share = List.of(next);
            } else if (threads < maxThreads) {
                start(next);
            } else {
                queue.add(next);
            }
        }
        // not within the lock, which is what it would wait for next
        LockSupport.unpark(taker);
        return true;
    }

    private void start(FileWork first) {
        FileThread thread = new FileThread(name + ++started, first);
        try {
            thread.start();
            threads++;
        } catch (OutOfMemoryError e) {
            // there can be no more of them now: one of those that there are does it
            if (threads == 0) {
                throw e;
            }
            queue.add(first);
        }
    }

    private final class FileThread extends Thread {

        /** What to do next; empty when there is nothing. Written with the lock held. */
        private volatile List<FileWork> share;

        FileThread(String name, FileWork first) {
            super(name);
            share = List.of(first);
            setDaemon(true);
        }

        @Override
        public void run() {
            do {
                try {
                    new Batch(sync, unfinished).run(share);
                } catch (RuntimeException | Error e) {
                    LOG.log(System.Logger.Level.ERROR, "file work failed", e);
                }
            } while (hasMore() || awaitsMore());
        }

        /** Takes a share of what waits; if there is nothing, this is idle from now on. */
        private boolean hasMore() {
            synchronized (lock) {
                share = nextShare();
                if (!share.isEmpty()) {
                    return true;
                }
                if (!closed) {
                    idle.addLast(this);
                }
                return false;
            }
        }

        /** Waits until it is given work, for as long as a thread may be idle. */
        private boolean awaitsMore() {
            long end = System.nanoTime() + IDLE_NANOS;
            long left = IDLE_NANOS;
            // whoever interrupts it ends it, and another is started for the next work
            while (share.isEmpty() && !closed && left > 0 && !Thread.interrupted()) {
                LockSupport.parkNanos(this, left);
                left = end - System.nanoTime();
            }
            synchronized (lock) {
                if (share.isEmpty()) {
                    idle.remove(this);
                    threads--;
                    endIfClosed();
                    return false;
                }
                return true;
            }
        }
    }

    private List<FileWork> nextShare() {
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
        List<FileThread> waiting;
        synchronized (lock) {
            closed = true;
            waiting = List.copyOf(idle);
            endIfClosed();
        }
        waiting.forEach(LockSupport::unpark);
        return ended.future();
    }
}
