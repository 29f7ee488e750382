package io.postern.smtp.server;

import io.postern.smtp.SmtpMetrics;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the octets of messages that were received and have no answer yet, over all connections of a listening address,
 * and lets messages wait for room when there are too many. Those that wait go on in the order in which they came.
 *
 * <p>Octets are counted when they are there. A limit is therefore passed by what one read gives, and is no promise to the
 * octet; who passes it reads nothing more.
 */
final class BytesInFlight {

    /** What a message that has waited may read at once: as much as a socket gives, or this part of a small limit. */
    static final int ROOM = 65_536;

    static final int PARTS = 8;

    private final AtomicLong octets = new AtomicLong();
    private final Queue<Share> waiting = new ConcurrentLinkedQueue<>();

    /** How many there are now. */
    long octets() {
        return octets.get();
    }

    private void add(long change) {
        octets.addAndGet(change);
        if (change < 0) {
            wake();
        }
    }

    /** Gives room to those that wait, as far as there is any. */
    private void wake() {
        for (Share first = waiting.peek(); first != null && take(first.room(), first.limit); first = waiting.peek()) {
            long taken = first.room();
            Share next = waiting.poll(); // another one than the first, when an event loop did the same meanwhile
            if (next == null) {
                octets.addAndGet(-taken);
            } else {
                octets.addAndGet(next.room() - taken);
                next.onRoom.run();
            }
        }
    }

    private boolean take(long room, long limit) {
        long now = octets.get();
        while (now + room <= limit) {
            long seen = octets.compareAndExchange(now, now + room);
            if (seen == now) {
                return true;
            }
            now = seen;
        }
        return false;
    }

    /**
     * What one connection has of it. Belongs to the event loop of that connection. Whatever was counted for the connection
     * is given back by {@link #release}, once, whichever way its message ended.
     */
    final class Share {

        private final long limit;
        private final Runnable onRoom;
        private final SmtpMetrics metrics;
        /** The octets of the message that are held. */
        private long held;
        /** What was counted for this connection: what is held, or more when there is room that was not used yet. */
        private long counted;

        private boolean isWaiting;
        private long waitingSince;
        private long waited;

        /**
         * @param limit how many octets there may be, 0 for any number
         * @param metrics told of each change of what is held
         * @param onRoom called on any thread when the wait is over; it brings about a call of {@link #roomCame}
         */
        Share(long limit, SmtpMetrics metrics, Runnable onRoom) {
            this.limit = limit == 0 ? Long.MAX_VALUE : limit;
            this.metrics = metrics;
            this.onRoom = onRoom;
        }

        private long room() {
            return Math.min(ROOM, Math.max(1, limit / PARTS));
        }

        /** Notes how many octets of its message a connection holds now. */
        void hold(long now) {
            if (now != held) {
                long change = now - counted;
                metrics.bytesInFlightChanged(now - held);
                held = now;
                counted = now;
                add(change);
            }
        }

        /** The message has its answer, or never will have one. */
        void release() {
            if (isWaiting) {
                isWaiting = false;
                waiting.remove(this); // it is not in there when room is on its way, which roomCame gives back
            }
            waited = 0;
            if (counted > 0) {
                long back = counted;
                metrics.bytesInFlightChanged(-held);
                held = 0;
                counted = 0;
                add(-back);
            }
        }

        /** Whether a new message may begin. */
        boolean mayBegin() {
            return octets.get() < limit;
        }

        /** Whether the connection may read more of its message. If not, it waits from now on. */
        boolean mayGrow(long now) {
            if (counted > held || (!isWaiting && octets.get() < free())) {
                return true;
            }
            if (!isWaiting) {
                isWaiting = true;
                waitingSince = now;
                waiting.add(this);
                wake(); // for room that came before it was in the queue
            }
            return false;
        }

        /** Up to where who has not waited may read on: what the first of those that wait needs is left to it. */
        private long free() {
            return waiting.isEmpty() ? limit : limit - room();
        }

        boolean isWaiting() {
            return isWaiting;
        }

        /** Takes the room that was given; a message that waits no longer gives it back. */
        void roomCame(long now) {
            if (isWaiting) {
                isWaiting = false;
                waited += now - waitingSince;
                counted += room();
            } else {
                add(-room());
            }
        }

        /**
         * Whether its message has waited too long, all its waits taken together. One that was given room has not: the room
         * is on its way.
         */
        boolean hasWaited(long patience, long now) {
            if (!isWaiting || waited + now - waitingSince < patience || !waiting.remove(this)) {
                return false;
            }
            isWaiting = false;
            return true;
        }
    }
}
