package io.postern.smtp.testkit;

import io.postern.smtp.Mailbox;
import io.postern.smtp.sasl.Authenticator;
import io.postern.smtp.sasl.Credentials;
import io.postern.smtp.sasl.Identity;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Messages that have arrived, in the order in which they did. A message is there once, however many recipients it has.
 *
 * <pre>{@code
 * ReceivedMessage reset = inbox.await(message -> message.rcptTos().contains("anne@example.org"));
 * }</pre>
 *
 * <p>{@code await} blocks the thread of a test; {@code arrival} gives a Future instead, which is completed on the thread that
 * took the message, an event loop, or on that of a timer. A predicate is asked on these threads too. When it throws, that
 * fails whoever waits, and not the client that brought the message. May be used by several threads.
 *
 * <p>An inbox that shares a server with others, as those of {@link io.postern.smtp.testkit.junit.SmtpServerExtension} do, gets
 * what is sent to its {@link #domain() domain}, and what a client sends, to whomever, that has logged in with its {@link
 * #username() username} and {@link #password() password}.
 */
public final class Inbox {

    /** How long {@code await} waits when it is not told. */
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(10);

    private final Object lock = new Object();
    private final List<ReceivedMessage> messages = new ArrayList<>();
    private final List<ReceivedMessage> unseen = new ArrayList<>();
    private final List<Waiter> waiters = new ArrayList<>();
    private final List<Consumer<? super ReceivedMessage>> observers = new ArrayList<>();

    private final String domain;
    private final List<Supplier<List<Transcript>>> sessions = new CopyOnWriteArrayList<>();

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

    /** The name to log in with, such as {@code user@example.test}. */
    public String username() {
        return "user@" + domain;
    }

    /** The password of {@link #username()}. It tells inboxes apart and protects nothing: it can be guessed. */
    public String password() {
        return "password-of-" + domain;
    }

    /** Takes the username and password of this inbox and no others, for a server that is to offer AUTH. */
    public Authenticator<Credentials.Password> authenticator() {
        return (credentials, context) -> Future.succeededFuture(
                credentials.authenticationId().equals(username())
                                && credentials.password().equals(password())
                        ? Optional.of(Identity.of(username()))
                        : Optional.empty());
    }

    /**
     * Has errors about messages that did not come show what was said in sessions that may be why: in the last three that are
     * open, in which something was refused, or that brought no message. The servers of the testkit do so for the inbox of
     * their {@link RecordingHandler}.
     *
     * @param transcripts asked from any thread, such as {@link TestSmtpServer#transcripts}
     */
    public Inbox explainedBy(Supplier<List<Transcript>> transcripts) {
        sessions.add(transcripts);
        return this;
    }

    /** Puts a message in. For handlers; a {@link RecordingHandler} does it for each that it accepts. */
    public void add(ReceivedMessage message) {
        List<Waiter> done;
        List<Consumer<? super ReceivedMessage>> told;
        synchronized (lock) {
            messages.add(message);
            unseen.add(message);
            told = List.copyOf(observers);
            List.copyOf(waiters).forEach(waiter -> waiter.look(message)); // a predicate may begin to wait itself
            done = waiters.stream().filter(Waiter::isDone).toList();
            waiters.removeAll(done);
            done.forEach(waiter -> unseen.removeAll(waiter.found()));
        }
        told.forEach(observer -> observer.accept(message));
        done.forEach(Waiter::complete);
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

    /** The messages of this kind so far; others stay {@linkplain #unseen() unseen}. */
    public List<ReceivedMessage> messages(Predicate<? super ReceivedMessage> kind) {
        List<ReceivedMessage> all;
        synchronized (lock) {
            all = List.copyOf(messages);
        }
        List<ReceivedMessage> found = all.stream().filter(kind).toList();
        synchronized (lock) {
            unseen.removeAll(found);
        }
        return found;
    }

    /** The messages that nobody has been shown yet, neither by {@code messages} nor by waiting for them. */
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

    /** Forgets all messages so far. For whoever waits already, they still count. */
    public void clear() {
        synchronized (lock) {
            messages.clear();
            unseen.clear();
        }
    }

    /**
     * Completes when at least {@code count} messages have arrived, with all of them, and never when they do not.
     *
     * @throws IllegalArgumentException when {@code count} is less than 1
     */
    public Future<List<ReceivedMessage>> arrival(int count) {
        return begin(all(count)).future();
    }

    /** Like {@link #arrival(int)}; fails as {@link #await(int, Duration)} does when it takes longer than {@code patience}. */
    public Future<List<ReceivedMessage>> arrival(int count, Duration patience) {
        return begin(all(count), patience, several(count)).future();
    }

    /** Completes when a message of this kind has arrived, with the first, and never when none does. */
    public Future<ReceivedMessage> arrival(Predicate<? super ReceivedMessage> kind) {
        return begin(first(kind)).future().map(found -> found.get(0));
    }

    /**
     * Like {@link #arrival(Predicate)}; fails as {@link #await(Predicate, Duration)} does when it takes longer than
     * {@code patience}.
     */
    public Future<ReceivedMessage> arrival(Predicate<? super ReceivedMessage> kind, Duration patience) {
        return begin(first(kind), patience, ONE_OF_THE_KIND).future().map(found -> found.get(0));
    }

    /**
     * Blocks until a message has arrived, for {@link #DEFAULT_PATIENCE} at the most.
     *
     * @return the first; others that are there stay {@linkplain #unseen() unseen}
     * @throws AssertionError when none has arrived by then
     * @throws IllegalStateException on an event loop, where waiting would keep it from arriving
     */
    public ReceivedMessage await() {
        return await(first(message -> true), DEFAULT_PATIENCE, several(1)).get(0);
    }

    /** Like {@link #await(int, Duration)}, for {@link #DEFAULT_PATIENCE} at the most. */
    public List<ReceivedMessage> await(int count) {
        return await(count, DEFAULT_PATIENCE);
    }

    /**
     * Blocks until at least {@code count} messages have arrived.
     *
     * @return all messages so far
     * @throws IllegalArgumentException when {@code count} is less than 1
     * @throws AssertionError when they have not within {@code patience}; it lists what did arrive, and shows what was said in
     *     sessions that may be why
     * @throws IllegalStateException on an event loop, where waiting would keep them from arriving
     */
    public List<ReceivedMessage> await(int count, Duration patience) {
        return await(all(count), patience, several(count));
    }

    /** Like {@link #await(Predicate, Duration)}, for {@link #DEFAULT_PATIENCE} at the most. */
    public ReceivedMessage await(Predicate<? super ReceivedMessage> kind) {
        return await(kind, DEFAULT_PATIENCE);
    }

    /**
     * Blocks until a message of this kind has arrived.
     *
     * @return the first of them; others that are there, of this kind too, stay {@linkplain #unseen() unseen}
     * @throws AssertionError when none has within {@code patience}, it tells what {@link #await(int, Duration)} does; or when
     *     {@code kind} throws
     * @throws IllegalStateException on an event loop, where waiting would keep it from arriving
     */
    public ReceivedMessage await(Predicate<? super ReceivedMessage> kind, Duration patience) {
        return await(first(kind), patience, ONE_OF_THE_KIND).get(0);
    }

    private static final String ONE_OF_THE_KIND = "a message of the kind that is awaited";

    private static String several(int count) {
        return count == 1 ? "1 message" : count + " messages";
    }

    private static Waiter all(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count is " + count + "; allowed is 1 or more");
        }
        return new Waiter(message -> true, count, true);
    }

    private static Waiter first(Predicate<? super ReceivedMessage> kind) {
        return new Waiter(kind, 1, false);
    }

    private List<ReceivedMessage> await(Waiter waiter, Duration patience, String what) {
        if (Context.isOnEventLoopThread()) {
            throw new IllegalStateException("await(..) blocks and must not be called on an event loop");
        }
        begin(waiter, patience, what);
        try {
            return waiter.future().toCompletionStage().toCompletableFuture().get();
        } catch (ExecutionException e) { // again, with the place that waits in its trace
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            throw new AssertionError(cause.getMessage(), cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            AssertionError interrupted = new AssertionError("interrupted: " + missing(what, patience), e);
            giveUp(waiter, interrupted);
            throw interrupted;
        }
    }

    private Waiter begin(Waiter waiter) {
        synchronized (lock) {
            List.copyOf(messages).forEach(waiter::look);
            if (!waiter.isDone()) {
                waiters.add(waiter);
                return waiter;
            }
            unseen.removeAll(waiter.found());
        }
        waiter.complete();
        return waiter;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the one who gives up, and that cannot fail
    private Waiter begin(Waiter waiter, Duration patience, String what) {
        begin(waiter);
        CompletableFuture<Void> timer = new CompletableFuture<Void>()
                .completeOnTimeout(null, Math.max(0, patience.toNanos()), TimeUnit.NANOSECONDS);
        timer.thenRun(() -> giveUp(waiter, new AssertionError(missing(what, patience))));
        waiter.future().onComplete(done -> timer.cancel(false));
        return waiter;
    }

    /** What arrives from now on is not for this one. */
    private void giveUp(Waiter waiter, AssertionError reason) {
        boolean waits;
        synchronized (lock) {
            waits = waiters.remove(waiter);
        }
        if (waits) { // else its result is under way
            waiter.fail(reason);
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
        sessions.forEach(transcripts -> text.append(Evidence.in(transcripts.get(), domain)));
        return text.toString();
    }

    @Override
    public String toString() {
        synchronized (lock) {
            return "Inbox" + messages;
        }
    }
}
