package io.postern.smtp.testkit.tap;

import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.protocol.Output;
import io.postern.smtp.testkit.MovableClock;
import io.postern.smtp.testkit.faults.DataPoint;
import io.postern.smtp.testkit.faults.Fault;
import io.postern.smtp.testkit.faults.Faults;
import io.postern.smtp.testkit.faults.Point;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The faults of a server, or those of it that concern one domain. */
public final class ScriptedFaults implements Faults {

    private static final long DEFAULT_SEED = 1;
    private static final Reply GREYLISTED = Reply.of(451, "4.7.1", "Greylisted, please try again later");

    private final ServerTap server;
    private final @Nullable String domain;
    private final Time time;
    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    /** Those of which it has not been said what they do. */
    private final Set<RulePoint> begun = ConcurrentHashMap.newKeySet();

    private volatile long seed = DEFAULT_SEED;
    private volatile @Nullable String refusal;

    ScriptedFaults(ServerTap server, @Nullable String domain) {
        this.time = server.time();
        this.server = server;
        this.domain = domain;
    }

    /**
     * Takes no more declarations.
     *
     * @param why what whoever tries is told
     */
    public void refuse(String why) {
        refusal = why;
    }

    /** The rule that takes an occasion, if one does. */
    Optional<Rule> take(Occasion occasion) {
        return rules.stream().filter(rule -> rule.takes(occasion)).findFirst();
    }

    /** The rules that wait for so much of a message. */
    List<Rule> waitingFor(long octets) {
        return rules.stream()
                .filter(rule -> rule.octets() > 0 && rule.octets() <= octets)
                .toList();
    }

    // Points

    @Override
    public Point onConnect() {
        return early("onConnect()", Output.CONNECT);
    }

    @Override
    public Point onHelo() {
        return early("onHelo()", "HELO");
    }

    @Override
    public Point onEhlo() {
        requireServer("onEhlo()");
        return point(
                "onEhlo()",
                occasion -> occasion.step().equals("EHLO") || occasion.step().equals("LHLO"));
    }

    @Override
    public Point onStartTls() {
        return early("onStartTls()", "STARTTLS");
    }

    @Override
    public Point onAuth() {
        return early("onAuth()", "AUTH");
    }

    @Override
    public Point onMail() {
        return early("onMail()", "MAIL");
    }

    @Override
    public Point onRcpt() {
        return point("onRcpt()", at("RCPT"));
    }

    @Override
    public DataPoint onData() {
        return point("onData()", Occasion::opensMessage);
    }

    @Override
    public DataPoint onBody() {
        RulePoint point = point("onBody()", at(Occasion.BODY));
        point.afterBytes(1);
        return point;
    }

    @Override
    public Point onMessage() {
        return point("onMessage()", at(Output.MESSAGE));
    }

    @Override
    public Point onAnswer() {
        return point("onAnswer()", at(Output.ANSWER));
    }

    @Override
    public Point onQuit() {
        return early("onQuit()", "QUIT");
    }

    @Override
    public Point onCommand(String verb) {
        return early("onCommand(" + verb + ")", verb.toUpperCase(Locale.ROOT));
    }

    private Point early(String text, String step) {
        requireServer(text);
        return point(text, at(step));
    }

    private void requireServer(String text) {
        if (domain != null) {
            throw new IllegalStateException(text
                    + " concerns all clients of the server, as it is not known yet whom their"
                    + " mail is for, and these are the faults of " + domain + " alone; a test that needs it wants a"
                    + " server of its own, such as that of an SmtpServerExtension in an instance field");
        }
    }

    private static Predicate<Occasion> at(String step) {
        return occasion -> occasion.step().equals(step);
    }

    private RulePoint point(String text, Predicate<Occasion> place) {
        String why = refusal;
        if (why != null) {
            throw new IllegalStateException(why);
        }
        RulePoint point = new RulePoint(this, text, place);
        begun.add(point);
        return point;
    }

    /** It has been said what comes at a point, or nothing will. */
    void finished(RulePoint point) {
        begun.remove(point);
    }

    synchronized Fault add(String text, Rule.Choice choice, Duration delay, Effect effect) {
        List<Predicate<Occasion>> kind = choice.kind();
        Rule.Choice scoped = domain == null
                ? choice
                : new Rule.Choice(
                        with(occasion -> occasion.concerns(domain), kind),
                        choice.octets(),
                        choice.after(),
                        choice.every(),
                        choice.probability(),
                        choice.times());
        Rule rule = new Rule(text, scoped, delay, effect, new SplittableRandom(seed + rules.size()), this);
        rules.add(rule);
        server.enlist(this);
        return rule;
    }

    private static <T> List<T> with(T first, List<T> others) {
        return Stream.concat(Stream.of(first), others.stream()).toList();
    }

    @Override
    public Fault greylisting(Duration wait) {
        Map<List<String>, Duration> firstTries = new HashMap<>(); // used under the lock of the rule
        RulePoint point = point("greylisting(" + wait + ")", occasion -> {
            if (!occasion.step().equals("RCPT")) {
                return false;
            }
            List<String> triple = List.of(
                    String.valueOf(occasion.session().peer().hostAddress()),
                    occasion.envelope().sender().map(Sender::address).orElse(""),
                    occasion.argument());
            Duration now = time.now();
            Duration first = firstTries.putIfAbsent(triple, now);
            return first == null || now.minus(first).compareTo(wait) < 0;
        });
        return point.reply(GREYLISTED);
    }

    // The whole

    @Override
    public Faults setClock(MovableClock clock) {
        time.setClock(clock);
        return this;
    }

    @Override
    public Faults setSeed(long wanted) {
        seed = wanted;
        return this;
    }

    @Override
    public List<Fault> declared() {
        return List.copyOf(rules);
    }

    @Override
    public void verify() {
        StringBuilder complaints = new StringBuilder();
        Throwable cause = null;
        for (Rule rule : rules) {
            String complaint = rule.complaint();
            complaints.append("\n  ").append(rule).append(": ");
            complaints.append(complaint != null ? complaint : "came " + rule.hits() + " times");
            cause = cause == null ? rule.failure() : cause;
        }
        begun.forEach(point -> complaints.append("\n  ").append(point).append(": it was not said what comes there"));
        if (!begun.isEmpty() || rules.stream().anyMatch(rule -> rule.complaint() != null)) {
            throw new AssertionError("not all faults that were declared have come:" + complaints + sessions(), cause);
        }
    }

    /** What the last sessions were like, for who wonders why a fault has not come. */
    String sessions() {
        return server.lastSessions();
    }

    @Override
    public void clear() {
        List.copyOf(rules).forEach(Rule::remove);
        begun.clear();
        time.setClock(null);
        seed = DEFAULT_SEED;
    }

    /** What delays and pauses go by. */
    Time time() {
        return time;
    }

    synchronized void remove(Rule rule) {
        rules.remove(rule);
        if (rules.isEmpty()) {
            server.strikeOff(this);
        }
    }

    @Override
    public Faults forDomain(String wanted) {
        return new ScriptedFaults(server, wanted);
    }
}
