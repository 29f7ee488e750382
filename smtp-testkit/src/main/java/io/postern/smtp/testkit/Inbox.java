package io.postern.smtp.testkit;

import io.postern.smtp.Mailbox;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Messages that have arrived, in the order in which they did.
 *
 * <pre>{@code
 * ReceivedMessage reset = inbox.await(message -> message.rcptTos().contains("anne@example.org"));
 * }</pre>
 *
 * <p>{@code await} blocks the thread of a test; {@code arrival} gives a Future instead, which is completed on the thread that
 * took the message, an event loop. May be used by several threads.
 */
public final class Inbox {

    /** How long {@code await} waits when it is not told. */
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(10);

    /** Someone who waits until there are enough messages of a kind. */
    private record Waiter(Predicate<? super ReceivedMessage> kind, int count, Promise<List<ReceivedMessage>> promise) {}

    private final Object lock = new Object();
    private final List<ReceivedMessage> messages = new ArrayList<>();
    private final List<ReceivedMessage> unseen = new ArrayList<>();
    private final List<Waiter> waiters = new ArrayList<>();
    private final List<Consumer<? super ReceivedMessage>> observers = new ArrayList<>();

    private final String domain;

    /** An inbox of {@code example.test}. */
    public Inbox() {
        this("example.test");
    }

    /** @param domain whose mail this is, for {@link #address} */
    public Inbox(String domain) {
        this.domain = Mailbox.of("postmaster@" + domain).domain();
    }

    /** The domain whose mail this is. */
    public String domain() {
        return domain;
    }

    /** An address of this inbox's domain, such as {@code anne@example.test}. */
    public String address(String localPart) {
        return Mailbox.of(localPart + "@" + domain).address();
    }

    /** Puts a message in. For handlers; a {@link RecordingHandler} does it for each that it accepts. */
    public void add(ReceivedMessage message) {
        List<Runnable> arrivals = new ArrayList<>();
        synchronized (lock) {
            messages.add(message);
            unseen.add(message);
            observers.forEach(observer -> arrivals.add(() -> observer.accept(message)));
            for (Waiter waiter : List.copyOf(waiters)) {
                List<ReceivedMessage> found = find(waiter.kind());
                if (found.size() >= waiter.count()) {
                    waiters.remove(waiter);
                    unseen.removeAll(found);
                    arrivals.add(() -> waiter.promise().tryComplete(found));
                }
            }
        }
        arrivals.forEach(Runnable::run); // what listens may call us again
    }

    /** Shows each message, those so far and those to come, to someone who looks on: for a test they remain unseen. */
    void observe(Consumer<? super ReceivedMessage> observer) {
        List<ReceivedMessage> past;
        synchronized (lock) {
            past = List.copyOf(messages);
            observers.add(observer);
        }
        past.forEach(observer);
    }

    /** All messages so far. */
    public List<ReceivedMessage> messages() {
        synchronized (lock) {
            unseen.clear();
            return List.copyOf(messages);
        }
    }

    /** The messages that nobody has been shown yet, neither by {@link #messages} nor by waiting for them. */
    public List<ReceivedMessage> unseen() {
        synchronized (lock) {
            return List.copyOf(unseen);
        }
    }

    /** Whether no message has arrived so far. */
    public boolean isEmpty() {
        synchronized (lock) {
            return messages.isEmpty();
        }
    }

    /** Forgets all messages so far. */
    public void clear() {
        synchronized (lock) {
            messages.clear();
            unseen.clear();
        }
    }

    private List<ReceivedMessage> find(Predicate<? super ReceivedMessage> kind) {
        return messages.stream().filter(kind).toList();
    }

    /** Completes when at least {@code count} messages have arrived, with all of them. */
    public Future<List<ReceivedMessage>> arrival(int count) {
        return arrival(message -> true, count);
    }

    /** Completes when a message of this kind has arrived, at once when there is one already. */
    public Future<ReceivedMessage> arrival(Predicate<? super ReceivedMessage> kind) {
        return arrival(kind, 1).map(found -> found.get(0));
    }

    private Future<List<ReceivedMessage>> arrival(Predicate<? super ReceivedMessage> kind, int count) {
        synchronized (lock) {
            List<ReceivedMessage> found = find(kind);
            if (found.size() >= count) {
                unseen.removeAll(found);
                return Future.succeededFuture(found);
            }
            Waiter waiter = new Waiter(kind, count, Promise.promise());
            waiters.add(waiter);
            return waiter.promise().future();
        }
    }

    /** Blocks until a message has arrived. @return the first */
    public ReceivedMessage await() {
        return await(1).get(0);
    }

    /** Like {@link #await(int, Duration)}, for {@link #DEFAULT_PATIENCE} at the most. */
    public List<ReceivedMessage> await(int count) {
        return await(count, DEFAULT_PATIENCE);
    }

    /**
     * Blocks until at least {@code count} messages have arrived.
     *
     * @return all messages so far
     * @throws AssertionError when they have not within {@code patience}; it lists what did arrive
     * @throws IllegalStateException on an event loop, where waiting would keep them from arriving
     */
    public List<ReceivedMessage> await(int count, Duration patience) {
        return get(arrival(count), count == 1 ? "1 message" : count + " messages", patience);
    }

    /** Like {@link #await(Predicate, Duration)}, for {@link #DEFAULT_PATIENCE} at the most. */
    public ReceivedMessage await(Predicate<? super ReceivedMessage> kind) {
        return await(kind, DEFAULT_PATIENCE);
    }

    /**
     * Blocks until a message of this kind has arrived.
     *
     * @return the first of them
     * @throws AssertionError when none has within {@code patience}; it lists what did arrive
     * @throws IllegalStateException on an event loop, where waiting would keep it from arriving
     */
    public ReceivedMessage await(Predicate<? super ReceivedMessage> kind, Duration patience) {
        return get(arrival(kind), "a message of the kind that is awaited", patience);
    }

    private <T> T get(Future<T> arrival, String what, Duration patience) {
        if (Context.isOnEventLoopThread()) {
            throw new IllegalStateException("await(..) blocks and must not be called on an event loop");
        }
        try {
            return arrival.toCompletionStage().toCompletableFuture().get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError(missing(what, patience), e);
        } catch (ExecutionException e) {
            throw new AssertionError("what was to tell a message of the kind failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + missing(what, patience), e);
        }
    }

    private String missing(String what, Duration patience) {
        List<ReceivedMessage> arrived;
        synchronized (lock) {
            arrived = List.copyOf(messages);
        }
        StringBuilder text = new StringBuilder("expected ")
                .append(what)
                .append(" within ")
                .append(patience)
                .append(", but ")
                .append(arrived.size())
                .append(" arrived");
        arrived.forEach(message -> text.append("\n  ").append(message));
        return text.toString();
    }

    @Override
    public String toString() {
        synchronized (lock) {
            return "Inbox" + messages;
        }
    }
}
