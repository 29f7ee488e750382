package io.postern.smtp.testkit.tap;

import io.netty.buffer.ByteBuf;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.testkit.faults.DataPoint;
import io.postern.smtp.testkit.faults.Fault;
import io.postern.smtp.testkit.faults.Point;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** A fault that is being declared. */
final class RulePoint implements DataPoint {

    private static final Reply GOING_AWAY = Reply.of(421, "4.3.2", "Service not available, closing connection");

    private final ScriptedFaults owner;
    private final StringBuilder text;
    private final List<Predicate<Occasion>> kind = new ArrayList<>();
    private Predicate<Occasion> place;
    private long octets;
    private int after;
    private int every = 1;
    private double probability = 1;
    private int times = Integer.MAX_VALUE;
    private Duration delay = Duration.ZERO;

    /** @param place where the fault may come */
    RulePoint(ScriptedFaults owner, String text, Predicate<Occasion> place) {
        this.owner = owner;
        this.text = new StringBuilder(text);
        this.place = place;
    }

    private RulePoint told(String condition) {
        text.append('.').append(condition);
        return this;
    }

    private void require(boolean sense, String what, Object given, String allowed) {
        if (!sense) {
            owner.finished(this);
            throw new IllegalArgumentException(what + " is " + given + "; allowed is " + allowed);
        }
    }

    // Which

    @Override
    public Point afterBytes(long wanted) {
        require(wanted >= 1, "octets", wanted, "1 or more");
        place = occasion -> occasion.step().equals(Occasion.BODY);
        octets = wanted;
        return told("afterBytes(" + wanted + ")");
    }

    @Override
    public Point matching(Predicate<String> argument) {
        kind.add(occasion -> argument.test(occasion.argument()));
        String shown = argument.toString();
        return told("matching(" + (shown.contains("$$Lambda") ? "..." : shown) + ")");
    }

    @Override
    public Point from(Predicate<? super Session> session) {
        kind.add(occasion -> session.test(occasion.session()));
        return told("from(...)");
    }

    @Override
    public Point after(int occasions) {
        require(occasions >= 0, "occasions", occasions, "0 or more");
        after = occasions;
        return told("after(" + occasions + ")");
    }

    @Override
    public Point every(int n) {
        require(n >= 1, "n", n, "1 or more");
        every = n;
        return told("every(" + n + ")");
    }

    @Override
    public Point withProbability(double wanted) {
        require(wanted > 0 && wanted <= 1, "probability", wanted, "more than 0 and at most 1");
        probability = wanted;
        return told("withProbability(" + wanted + ")");
    }

    @Override
    public Point times(int count) {
        require(count >= 1, "count", count, "1 or more");
        times = count;
        return told("times(" + count + ")");
    }

    @Override
    public Point afterDelay(Duration wanted) {
        require(!wanted.isNegative(), "delay", wanted, "zero or more");
        delay = wanted;
        return told("afterDelay(" + wanted + ")");
    }

    // What

    private Fault declare(String name, Effect.Action action) {
        owner.finished(this);
        kind.add(0, place);
        told(name);
        Rule.Choice choice = new Rule.Choice(kind, octets, after, every, probability, times);
        return owner.add(text.toString(), choice, delay, new Effect(name, action));
    }

    @Override
    public Fault reply(Reply reply) {
        // 334 and 354 ask for something that is not awaited
        require(reply.code() / 100 != 3, "reply", reply, "2xx, 4xx or 5xx");
        return declare("reply(" + reply + ")", held -> held.answer(reply));
    }

    @Override
    public Fault closeWith421() {
        return declare("closeWith421()", held -> held.terminate(GOING_AWAY));
    }

    @Override
    public Fault goOn() {
        return declare("goOn()", Held::goOn);
    }

    @Override
    public Fault stall() {
        return declare("stall()", Held::pause);
    }

    @Override
    public Fault reset() {
        return declare("reset()", held -> {
            held.wire().reset();
            held.cut();
        });
    }

    @Override
    public Fault close() {
        return declare("close()", held -> {
            held.wire().close();
            held.cut();
        });
    }

    @Override
    public Fault halfClose() {
        return declare("halfClose()", held -> {
            held.wire().halfClose();
            held.pause();
        });
    }

    @Override
    public Fault closeAfterReply() {
        return declareChange("closeAfterReply()", OutgoingOctets::addAndClose);
    }

    @Override
    public Fault splitReply(int first, Duration pause) {
        require(first >= 1, "octets", first, "1 or more");
        require(!pause.isNegative(), "pause", pause, "zero or more");
        return declareChange(
                "splitReply(" + first + ", " + pause + ")",
                (OutgoingOctets outgoing, ByteBuf reply) -> outgoing.addInTwo(reply, first, pause));
    }

    @Override
    public Fault malformedReply(String instead) {
        return declareChange(
                "malformedReply(\"" + instead.replace("\r", "\\r").replace("\n", "\\n") + "\")",
                OutgoingOctets.instead(instead.getBytes(StandardCharsets.UTF_8)));
    }

    private Fault declareChange(String name, OutgoingOctets.Change change) {
        return declare(name, held -> {
            held.wire().changeNext(change, held.time());
            held.goOn();
        });
    }

    @Override
    public Fault slowReads(int octetsPerSecond) {
        require(octetsPerSecond >= 1, "octetsPerSecond", octetsPerSecond, "1 or more");
        return declare("slowReads(" + octetsPerSecond + ")", held -> {
            held.wire().limitReads(octetsPerSecond, held.time());
            held.goOn();
        });
    }

    @Override
    public Fault slowReplies(int octetsPerSecond) {
        require(octetsPerSecond >= 1, "octetsPerSecond", octetsPerSecond, "1 or more");
        return declare("slowReplies(" + octetsPerSecond + ")", held -> {
            held.wire().limitWrites(octetsPerSecond, held.time());
            held.goOn();
        });
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
