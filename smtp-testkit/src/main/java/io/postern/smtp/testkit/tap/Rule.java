package io.postern.smtp.testkit.tap;

import io.postern.smtp.testkit.faults.Fault;
import io.vertx.core.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A fault that was declared: which occasions it takes, what it does, and how often it has come. */
final class Rule implements Fault {

    /**
     * Which occasions a rule takes.
     *
     * @param kind what must be true before an occasion is counted
     * @param octets of the message that must have come
     * @param after how many are let pass first
     * @param every of how many one is taken
     * @param probability with which each is taken
     * @param times how many are taken
     */
    record Choice(List<Predicate<Occasion>> kind, long octets, int after, int every, double probability, int times) {

        Choice {
            kind = List.copyOf(kind);
        }
    }

    private final String text;
    private final Choice choice;
    private final Duration delay;
    private final Effect effect;
    private final SplittableRandom random;
    private final ScriptedFaults owner;
    /** What waits because of it. */
    private final Set<Held> waiting = new LinkedHashSet<>();

    private int seen;
    private int taken;
    private int hits;
    private boolean optional;
    private boolean removed;
    private @Nullable Throwable failure;

    Rule(String text, Choice choice, Duration delay, Effect effect, SplittableRandom random, ScriptedFaults owner) {
        this.text = text;
        this.choice = choice;
        this.delay = delay;
        this.effect = effect;
        this.random = random;
        this.owner = owner;
    }

    Duration delay() {
        return delay;
    }

    /** What it goes by. */
    Time time() {
        return owner.time();
    }

    Effect effect() {
        return effect;
    }

    /** How much of a message must have come for it. */
    long octets() {
        return choice.octets();
    }

    /** Whether it takes an occasion, which is one less then. */
    synchronized boolean takes(Occasion occasion) {
        if (removed || !concerns(occasion)) {
            return false;
        }
        seen++;
        int counted = seen - choice.after();
        if (counted <= 0 || counted % choice.every() != 0 || taken >= choice.times()) {
            return false;
        }
        if (choice.probability() < 1 && random.nextDouble() >= choice.probability()) {
            return false;
        }
        taken++;
        return true;
    }

    private boolean concerns(Occasion occasion) {
        try {
            return choice.kind().stream().allMatch(condition -> condition.test(occasion));
        } catch (RuntimeException | Error fault) { // also a failed assertion
            failure = fault; // of a predicate of the test, which is to learn of it, and not the client
            return false;
        }
    }

    /** It has come. */
    synchronized void hit() {
        hits++;
        notifyAll();
    }

    /** Has a session go on when the rule is removed. @return whether it is still in force */
    synchronized boolean holds(Held held) {
        return !removed && waiting.add(held);
    }

    synchronized void noLongerHolds(Held held) {
        waiting.remove(held);
    }

    /** Why a test is not content with it; null when it is. */
    synchronized @Nullable String complaint() {
        if (failure != null) {
            return "failed with " + failure;
        }
        return hits == 0 && !optional ? "never came" : null;
    }

    synchronized @Nullable Throwable failure() {
        return failure;
    }

    @Override
    public synchronized int hits() {
        return hits;
    }

    @Override
    public synchronized Fault optional() {
        optional = true;
        return this;
    }

    @Override
    public synchronized Fault await(int wanted, Duration patience) {
        if (Context.isOnEventLoopThread()) {
            throw new IllegalStateException("await(..) blocks and must not be called on an event loop");
        }
        long end = System.nanoTime() + patience.toNanos();
        while (hits < wanted) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError(this + " came " + hits + " times within " + patience + ", and was awaited "
                        + wanted + " times" + owner.sessions());
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while " + this + " was awaited", e);
            }
        }
        return this;
    }

    @Override
    public void remove() {
        owner.remove(this);
        List<Held> held;
        synchronized (this) {
            removed = true;
            held = new ArrayList<>(waiting);
            waiting.clear();
        }
        held.forEach(Held::release);
    }

    @Override
    public String toString() {
        return text;
    }
}
