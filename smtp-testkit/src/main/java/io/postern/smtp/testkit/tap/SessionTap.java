package io.postern.smtp.testkit.tap;

import io.netty.channel.ChannelDuplexHandler;
import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.protocol.Output;
import io.postern.smtp.server.Wiretap;
import io.postern.smtp.testkit.Transcript;
import io.postern.smtp.testkit.Transcript.Side;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Accompanies one connection: writes down what is said, and has faults happen. */
final class SessionTap implements Wiretap.Wire {

    private final ServerTap server;
    private final Session session;
    private final Consumer<Reply> terminate;
    private final WireFilter wire;
    private final SessionLog log;

    /** The transaction, whose recipients are known by the time its message comes. */
    private @Nullable Envelope envelope;
    /** Whether the next BDAT begins a message; DATA always does. */
    private boolean messageDue = true;

    private long octets;
    /** Which rules have had a look at the message that comes. */
    private final Set<Rule> asked = new HashSet<>();
    /** What the message that comes waits for. */
    private final List<Future<Optional<Reply>>> waits = new ArrayList<>();

    private final Set<Hold> holds = new HashSet<>();
    private boolean cut;
    private boolean ended;

    SessionTap(ServerTap server, Session session, Consumer<Reply> terminate, SessionLog log) {
        this.server = server;
        this.session = session;
        this.terminate = terminate;
        this.log = log;
        this.wire = new WireFilter();
    }

    @Override
    public ChannelDuplexHandler channelHandler() {
        return wire;
    }

    // What is said

    @Override
    public void received(String line) {
        log.add(Side.CLIENT, line);
    }

    @Override
    public void sent(String replies) {
        if (!cut) {
            log.add(Side.SERVER, replies);
        }
    }

    @Override
    public void encrypted(String protocol) {
        log.add(Side.EVENT, protocol);
    }

    @Override
    public void ended() {
        ended = true;
        if (messageComes()) {
            log.add(Side.EVENT, "cut off after " + octets + " octets of a message");
        }
        log.add(Side.EVENT, Transcript.DISCONNECTED);
        List.copyOf(holds).forEach(Hold::over);
        server.ended(this);
    }

    SessionLog log() {
        return log;
    }

    // Faults

    private boolean messageComes() {
        return !messageDue && octets > 0;
    }

    @Override
    public @Nullable Future<Optional<Reply>> holdUp(String step, String argument, Envelope current) {
        envelope = current;
        if (step.equals(Output.CHUNK)) {
            boolean isHeld = waits.stream().anyMatch(wait -> !wait.isComplete());
            return isHeld ? Future.join(List.copyOf(waits)).map(done -> Optional.<Reply>empty()) : null;
        }
        if (step.equals(Output.MESSAGE)) {
            log.add(Side.EVENT, Transcript.MESSAGE + octets + " octets");
        }
        boolean opens = step.equals("DATA") || (messageDue && step.equals("BDAT"));
        if (step.equals("MAIL") || opens || step.equals(Output.MESSAGE) || step.equals("RSET")) {
            messageDue = !opens;
            if (step.equals(Output.MESSAGE) && !waits.isEmpty()) {
                return afterWaits();
            }
            forgetMessage();
        }
        return holdUp(Occasion.of(session, step, opens, argument, current));
    }

    private @Nullable Future<Optional<Reply>> holdUp(Occasion occasion) {
        Rule rule = server.take(occasion).orElse(null);
        if (rule == null) {
            return null;
        }
        Hold hold = new Hold(rule, occasion.opensMessage(), false);
        // Later, when the replies to earlier commands are out
        wire.later(hold::begin);
        return hold.leave.future();
    }

    /** The message is whole, and goes on when its own faults let it. */
    private Future<Optional<Reply>> afterWaits() {
        List<Future<Optional<Reply>>> all = List.copyOf(waits);
        forgetMessage();
        return Future.join(all).compose(done -> {
            Optional<Reply> answer =
                    all.stream().flatMap(wait -> wait.result().stream()).findFirst();
            if (answer.isPresent()) {
                return Future.succeededFuture(answer);
            }
            Future<Optional<Reply>> next = holdUp(Occasion.of(session, Output.MESSAGE, false, "", envelope()));
            return next != null ? next : Future.succeededFuture(Optional.empty());
        });
    }

    private void forgetMessage() {
        octets = 0;
        asked.clear();
        waits.clear();
    }

    private Envelope envelope() {
        return Objects.requireNonNull(envelope, "a message without a transaction");
    }

    @Override
    public void content(int more) {
        octets += more;
        if (!server.hasFaults()) {
            return;
        }
        for (Rule rule : server.waitingFor(octets)) {
            if (!cut
                    && asked.add(rule)
                    && rule.takes(new Occasion(session, Occasion.BODY, false, "", envelope(), octets))) {
                Hold hold = new Hold(rule, false, true);
                waits.add(hold.leave.future());
                hold.begin(); // now, as what has come with these octets may end the message
            }
        }
    }

    /** A session that waits for a fault to happen, and for what the fault makes of it. */
    private final class Hold implements Held {

        final Promise<Optional<Reply>> leave = Promise.promise();
        private final Rule rule;
        private final boolean opensMessage;
        private final boolean inMessage;
        private boolean paused;
        private boolean over;

        Hold(Rule rule, boolean opensMessage, boolean inMessage) {
            this.rule = rule;
            this.opensMessage = opensMessage;
            this.inMessage = inMessage;
        }

        void begin() {
            holds.add(this);
            if (ended || !rule.holds(this)) {
                goOn(); // removed meanwhile
                return;
            }
            if (rule.delay().isZero()) {
                happen();
            } else {
                pause();
                after(rule.delay(), this::happen);
                rule.hit();
            }
        }

        private void happen() {
            log.add(Side.EVENT, rule.toString());
            rule.effect().action().apply(this);
            if (rule.delay().isZero()) {
                rule.hit();
            }
        }

        @Override
        public void release() {
            wire.later(this::goOn);
        }

        @Override
        public void pause() {
            if (inMessage && !paused && !over) {
                paused = true;
                wire.holdReads();
            }
        }

        @Override
        public void goOn() {
            complete(Optional.empty());
        }

        @Override
        public void answer(Reply reply) {
            messageDue |= opensMessage; // which does not begin
            complete(Optional.of(reply));
        }

        private void complete(Optional<Reply> answer) {
            over();
            leave.tryComplete(answer);
        }

        /** Nothing more comes of it. */
        void over() {
            over = true;
            rule.noLongerHolds(this);
            holds.remove(this);
            if (paused) {
                paused = false;
                wire.releaseReads();
            }
        }

        @Override
        public void terminate(Reply reply) {
            over();
            terminate.accept(reply);
        }

        @Override
        public void cut() {
            cut = true;
            over();
            if (inMessage) {
                terminate.accept(Replies.CONNECTION_FAILED); // not heard, but nothing more of the message is taken
            }
        }

        @Override
        public Time time() {
            return rule.time();
        }

        @Override
        public WireFilter wire() {
            return wire;
        }

        @Override
        public void after(Duration delay, Runnable task) {
            wire.after(time(), delay, () -> {
                if (!over) {
                    task.run();
                }
            });
        }
    }
}
