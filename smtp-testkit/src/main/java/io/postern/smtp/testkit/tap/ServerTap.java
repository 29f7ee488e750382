package io.postern.smtp.testkit.tap;

import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.server.Wiretap;
import io.postern.smtp.testkit.Transcript;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** The faults and transcripts of a server. */
public final class ServerTap implements Wiretap {

    /** How many sessions are remembered; the oldest are forgotten. */
    public static final int MAX_SESSIONS = 200;

    /** How many sessions a failure shows. */
    private static final int SHOWN = 3;

    /** What is said in sessions that are open, of all servers: ids are those of a process. */
    private static final Map<String, SessionLog> OPEN = new ConcurrentHashMap<>();

    private final InstantSource clock;
    private final LongSupplier nanos;
    private final ScriptedFaults faults;
    /** Those of all and those of domains, as far as there are any. */
    private final CopyOnWriteArrayList<ScriptedFaults> scripts = new CopyOnWriteArrayList<>();

    /** Ended or open, in the order in which they began. */
    private final Deque<SessionLog> sessions = new ArrayDeque<>();

    /** Nothing has been said, and nothing will go wrong. */
    public ServerTap() {
        this(InstantSource.system(), System::nanoTime);
    }

    /**
     * Like {@link #ServerTap()}, in another time.
     *
     * @param clock tells when something was said
     * @param nanos the time by which the event loop of the server goes, since any fixed moment
     */
    public ServerTap(InstantSource clock, LongSupplier nanos) {
        this.clock = clock;
        this.nanos = nanos;
        this.faults = new ScriptedFaults(this, null);
    }

    /** What has been said so far in a session of a server that has a tap; else nothing. */
    public static Transcript transcriptOf(Session session) {
        SessionLog log = OPEN.get(session.id());
        return log == null ? new Transcript(List.of()) : log.transcript();
    }

    /** The faults that concern all. */
    public ScriptedFaults faults() {
        return faults;
    }

    /** The time of event loops, until a test says that another one counts. */
    Time time() {
        return new Time(nanos);
    }

    void enlist(ScriptedFaults script) {
        scripts.addIfAbsent(script);
    }

    void strikeOff(ScriptedFaults script) {
        scripts.remove(script);
    }

    /** What was said in the last sessions, the earliest first. */
    public List<Transcript> transcripts() {
        synchronized (sessions) {
            return sessions.stream().map(SessionLog::transcript).toList();
        }
    }

    String lastSessions() {
        List<SessionLog> last = new ArrayList<>();
        synchronized (sessions) {
            sessions.stream().skip(Math.max(0, sessions.size() - SHOWN)).forEach(last::add);
        }
        if (last.isEmpty()) {
            return "\nnobody connected";
        }
        StringBuilder text = new StringBuilder("\nthe last sessions:");
        last.forEach(log -> text.append("\nsession ")
                .append(log.session())
                .append("\n  ")
                .append(log.transcript().toString().replace("\n", "\n  ")));
        return text.toString();
    }

    // Faults

    Optional<Rule> take(Occasion occasion) {
        for (ScriptedFaults script : scripts) {
            Optional<Rule> rule = script.take(occasion);
            if (rule.isPresent()) {
                return rule;
            }
        }
        return Optional.empty();
    }

    boolean hasFaults() {
        return !scripts.isEmpty();
    }

    List<Rule> waitingFor(long octets) {
        return scripts.stream()
                .flatMap(script -> script.waitingFor(octets).stream())
                .toList();
    }

    // Sessions

    @Override
    public Wire attach(Session session, Consumer<Reply> terminate) {
        SessionLog log = new SessionLog(session.id(), clock);
        OPEN.put(session.id(), log);
        synchronized (sessions) {
            sessions.add(log);
            if (sessions.size() > MAX_SESSIONS) {
                sessions.removeFirst();
            }
        }
        return new SessionTap(this, session, terminate, log);
    }

    void ended(SessionTap tap) {
        OPEN.remove(tap.log().session());
    }
}
