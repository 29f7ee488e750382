package io.postern.smtp.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.BareNewlines;
import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.ExtensionAnswer;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * An engine without a socket: set up, then led through a transcript. {@link #plays} runs each transcript in lockstep, in
 * one piece, cut in two at each octet and octet by octet, with answers given inside the questions and later, and finds
 * that every run says and asks the same.
 */
final class EngineHarness implements RecordingOutput.Application {

    static final String HOST = "mx.postern.example";

    /** Longer ones are cut at this many places, evenly spread. */
    private static final int CUTS = 1_500;

    private final Dialect dialect;
    private BareNewlines bareNewlines = BareNewlines.REJECT;
    private boolean smtpUtf8 = true;
    private boolean prdr;
    private int textLine = 1_000;
    private int localPart;
    private int recipients = 1_000;
    private long messageSize = 33_554_432;
    private int unknownCommands = 5;
    private int authFailures = 3;
    private int errors = 20;
    private long headerSize = 1_048_576;
    private int hops = 100;
    private int messages;
    private int junkCommands;
    private CommandCalls commandCalls = CommandCalls.UNLIMITED;
    private boolean encrypted;
    private StartTls startTls = StartTls.NONE;
    private Auth auth = Auth.NONE;
    private List<String> mechanisms = List.of();
    private int answersMessageAfter = -1;
    private final List<EngineExtension> extensions = new ArrayList<>();
    private final Set<EngineExtension> withheld = new HashSet<>();
    private final Map<String, ExtensionAnswer> extensionAnswers = new HashMap<>();
    private final Map<String, Reply> answers = new HashMap<>();
    private final Map<String, Optional<Reply>> held = new HashMap<>();
    private List<Reply> answersToEach = List.of();
    private UnaryOperator<EhloReply> offer = planned -> planned;
    private String ladder = "";

    private EngineHarness(Dialect dialect) {
        this.dialect = dialect;
    }

    /** A client is connected, and nothing has been said. */
    static EngineHarness smtp() {
        return new EngineHarness(Dialect.SMTP);
    }

    static EngineHarness lmtp() {
        return new EngineHarness(Dialect.LMTP);
    }

    EngineHarness bareNewlines(BareNewlines policy) {
        bareNewlines = policy;
        return this;
    }

    EngineHarness withoutSmtpUtf8() {
        smtpUtf8 = false;
        return this;
    }

    EngineHarness prdr() {
        prdr = true;
        return this;
    }

    EngineHarness textLine(int octets) {
        textLine = octets;
        return this;
    }

    EngineHarness localPart(int octets) {
        localPart = octets;
        return this;
    }

    EngineHarness recipients(int most) {
        recipients = most;
        return this;
    }

    EngineHarness messageSize(long octets) {
        messageSize = octets;
        return this;
    }

    EngineHarness budgets(int unknown, int mistakes) {
        unknownCommands = unknown;
        errors = mistakes;
        return this;
    }

    EngineHarness authFailures(int most) {
        authFailures = most;
        return this;
    }

    EngineHarness headerSize(long octets) {
        headerSize = octets;
        return this;
    }

    EngineHarness hops(int most) {
        hops = most;
        return this;
    }

    EngineHarness junkCommands(int most) {
        junkCommands = most;
        return this;
    }

    EngineHarness messages(int most) {
        messages = most;
        return this;
    }

    EngineHarness commandCalls(Map<String, Integer> limits) {
        commandCalls = new CommandCalls(limits);
        return this;
    }

    /** The connection is encrypted from its first octet. */
    EngineHarness encrypted() {
        encrypted = true;
        return this;
    }

    EngineHarness startTls(StartTls policy) {
        startTls = policy;
        return this;
    }

    /** Has AUTH, on plain connections too. */
    EngineHarness auth(String... names) {
        auth = new Auth(true, auth.required(), auth.needsTls());
        mechanisms = List.of(names);
        return this;
    }

    EngineHarness authRequired() {
        auth = new Auth(auth.offered(), true, auth.needsTls());
        return this;
    }

    EngineHarness authNeedsTls() {
        auth = new Auth(auth.offered(), auth.required(), true);
        return this;
    }

    EngineHarness extension(EngineExtension extension) {
        extensions.add(extension);
        return this;
    }

    /** Has an extension that this client may not use. */
    EngineHarness withheld(EngineExtension extension) {
        withheld.add(extension);
        return extension(extension);
    }

    /** Has an extension answer its verb with something else than a reply. */
    EngineHarness extensionAnswers(String question, ExtensionAnswer answer) {
        extensionAnswers.put(question, answer);
        return this;
    }

    /** Has the application give a reply to a question, by its name ({@code RCPT}) or as a whole ({@code RCPT <a@b> }). */
    EngineHarness answers(String question, Reply reply) {
        answers.put(question, reply);
        return this;
    }

    /** Has a step held up, and then taken. */
    EngineHarness holdsUp(String... steps) {
        List.of(steps).forEach(step -> held.put(step, Optional.empty()));
        return this;
    }

    /** Has a step held up, and then replaced by a reply. */
    EngineHarness replaces(String step, Reply reply) {
        held.put(step, Optional.of(reply));
        return this;
    }

    @Override
    public boolean holdsUp(String step) {
        return held.containsKey(step);
    }

    @Override
    public Optional<Reply> insteadOf(String step) {
        return held.getOrDefault(step, Optional.empty());
    }

    /** Has the application answer a message for each recipient, where it may. */
    EngineHarness answersEach(Reply... replies) {
        answersToEach = List.of(replies);
        return this;
    }

    /** Has the application give the answer to a message when it has this much of it, 0 as soon as it begins. */
    EngineHarness answersMessageAfter(int octets) {
        answersMessageAfter = octets;
        return this;
    }

    EngineHarness offers(UnaryOperator<EhloReply> changed) {
        offer = changed;
        return this;
    }

    // The ladder: where a transcript begins

    EngineHarness greeted() {
        ladder = "";
        return this;
    }

    EngineHarness afterHelo() {
        ladder = "HELO client.example\r\n";
        return this;
    }

    EngineHarness afterEhlo() {
        ladder = (dialect == Dialect.LMTP ? "LHLO" : "EHLO") + " client.example\r\n";
        return this;
    }

    EngineHarness afterMail(String... parameters) {
        afterEhlo();
        ladder += "MAIL FROM:<sender@client.example>" + (parameters.length == 0 ? "" : " ")
                + String.join(" ", parameters) + "\r\n";
        return this;
    }

    EngineHarness afterRcpt(String... parameters) {
        afterMail(parameters);
        ladder += "RCPT TO:<one@postern.example>\r\n";
        return this;
    }

    /** One recipient more. */
    EngineHarness andRcpt() {
        ladder += "RCPT TO:<two@postern.example>\r\n";
        return this;
    }

    @Override
    public Reply answer(String question) {
        Reply given = answers.get(question);
        if (given == null) {
            given = answers.get(question.split(" ", 2)[0]);
        }
        if (given != null) {
            return given;
        }
        return switch (question.split(" ", 2)[0]) {
            case "CONNECT" -> Reply.of(220, HOST + " ESMTP Postern");
            case "HELO" -> Reply.of(250, HOST);
            case "MAIL" -> Replies.SENDER_OK;
            case "RCPT" -> Replies.RECIPIENT_OK;
            case "MESSAGE" -> Replies.MESSAGE_ACCEPTED;
            case "VRFY" -> Replies.CANNOT_VRFY;
            case "EXPN" -> Replies.EXPN_NOT_IMPLEMENTED;
            case "QUIT" -> Replies.BYE;
            case "AUTH" -> question.endsWith("]") ? Replies.AUTHENTICATED : Reply.of(334, "");
            case "RESPONSE" -> Replies.AUTHENTICATED;
            default -> Replies.OK;
        };
    }

    @Override
    public List<Reply> answerToEach(Envelope envelope) {
        return answersToEach.isEmpty() ? List.of(answer("MESSAGE")) : answersToEach;
    }

    @Override
    public ExtensionAnswer extension(String question) {
        ExtensionAnswer given = extensionAnswers.get(question);
        return given == null ? answer(question) : given;
    }

    @Override
    public boolean offers(EngineExtension extension) {
        return !withheld.contains(extension);
    }

    @Override
    public EhloReply ehlo(EhloReply planned) {
        return offer.apply(planned);
    }

    @Override
    public List<String> mechanisms(boolean secure) {
        return auth.needsTls() && !secure ? List.of() : mechanisms;
    }

    @Override
    public int answersMessageAfter() {
        return answersMessageAfter;
    }

    /** Runs a transcript in every way. @return what the run in lockstep noted */
    RecordingOutput plays(String text) {
        Transcript transcript = Transcript.of(text);
        RecordingOutput lockstep = inLockstep(transcript, false);
        sameAs(lockstep, inLockstep(transcript, true), "in lockstep, answers given later");

        Transcript pipelined = transcript.pipelined();
        int octets = pipelined.clientOctets();
        int step = Math.max(1, octets / CUTS);
        for (boolean later : new boolean[] {false, true}) {
            String answers = later ? ", answers given later" : "";
            sameAs(lockstep, run(pipelined, octets, octets, later).output, "in one piece" + answers);
            sameAs(lockstep, run(pipelined, 0, 1, later).output, "octet by octet" + answers);
            for (int cut = 1; cut < octets; cut += step) {
                sameAs(lockstep, run(pipelined, cut, octets, later).output, "cut at " + cut + answers);
            }
        }
        return lockstep;
    }

    private void sameAs(RecordingOutput expected, RecordingOutput actual, String how) {
        assertThat(actual.sent()).as("sent " + how).isEqualTo(expected.sent());
        assertThat(actual.questions()).as("asked " + how).isEqualTo(expected.questions());
        if (answersMessageAfter < 0) { // whether an early answer comes before the end of the message depends on the cut
            assertThat(actual.messages()).as("messages " + how).isEqualTo(expected.messages());
        }
        assertThat(actual.received()).as("traced " + how).isEqualTo(expected.received());
        assertThat(actual.failures()).as("failed messages " + how).isEqualTo(expected.failures());
        assertThat(actual.isClosed()).as("closed " + how).isEqualTo(expected.isClosed());
    }

    /** Compares what the server says after each thing that the client says. */
    private RecordingOutput inLockstep(Transcript transcript, boolean later) {
        Run run = begin(later);
        int said = 0;
        for (Transcript.Step step : transcript.steps()) {
            if (step instanceof Transcript.Server server) {
                List<String> lines = run.output.sentLines();
                assertThat(lines.size()).as("lines of " + lines).isGreaterThanOrEqualTo(said);
                List<String> news = lines.subList(said, lines.size());
                assertThat(news).as("lines of the server").hasSameSizeAs(server.lines());
                for (int i = 0; i < news.size(); i++) {
                    assertThat(news.get(i)).satisfies(matches(server.lines().get(i)));
                }
                said = lines.size();
            } else {
                run.step(step, Integer.MAX_VALUE, Integer.MAX_VALUE);
            }
        }
        assertThat(run.output.sentLines()).as("all lines of the server").hasSize(said);
        return run.output;
    }

    private static org.assertj.core.api.ThrowingConsumer<String> matches(String expected) {
        return line -> {
            if (expected.endsWith("...")) {
                assertThat(line).startsWith(expected.substring(0, expected.length() - 3));
            } else {
                assertThat(line).isEqualTo(expected);
            }
        };
    }

    private Run run(Transcript transcript, int first, int others, boolean later) {
        Run run = begin(later);
        for (Transcript.Step step : transcript.steps()) {
            run.step(step, first, others);
            first -= step instanceof Transcript.Client client ? Math.min(first, client.octets().length) : 0;
        }
        return run;
    }

    /** A session at the rung of the ladder that was chosen, for tests that lead it by hand. */
    Run begin(boolean later) {
        Run run = new Run(settings(), new RecordingOutput(this, later));
        run.start(encrypted);
        run.settle();
        if (!ladder.isEmpty()) {
            run.feed(ladder.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            run.output.forget();
        }
        return run;
    }

    Run begin() {
        return begin(false);
    }

    EngineSettings settings() {
        Limits limits = new Limits(
                512,
                textLine,
                localPart,
                recipients,
                messageSize,
                headerSize,
                hops,
                messages,
                junkCommands,
                commandCalls,
                unknownCommands,
                authFailures,
                errors);
        return new EngineSettings(dialect, HOST, limits, smtpUtf8, prdr, bareNewlines, startTls, auth, extensions);
    }

    /** One session. It queues what it is fed, as a driver does, while the engine does not want input. */
    static final class Run {
        final SmtpEngine engine;
        final RecordingOutput output;
        private final Queue<byte[]> waiting = new ArrayDeque<>();

        Run(EngineSettings settings, RecordingOutput output) {
            this.output = output;
            this.engine = new SmtpEngine(settings, output);
            output.attach(engine);
        }

        void start(boolean encrypted) {
            output.connected(encrypted);
            engine.start(encrypted);
        }

        private void step(Transcript.Step step, int first, int others) {
            if (step instanceof Transcript.Client client) {
                int from = 0;
                int length = first;
                while (from < client.octets().length) {
                    int to = length < client.octets().length - from
                            ? from + Math.max(0, length)
                            : client.octets().length;
                    feed(Arrays.copyOfRange(client.octets(), from, to));
                    from = to;
                    length = others;
                }
            } else if (step instanceof Transcript.Happens happens) {
                switch (happens.event()) {
                    case STOP -> engine.stop();
                    case TIMEOUT -> engine.terminate(Replies.CLIENT_TIMEOUT);
                    case DISCONNECT -> engine.disconnected();
                    case HANDSHAKE -> output.handshake();
                }
                settle();
            }
        }

        /** The client sends; answers that are owed are given until nothing moves any more. */
        Run feed(byte[] octets) {
            waiting.add(octets);
            settle();
            return this;
        }

        /** Like {@link #feed(byte[])}, in the notation of {@link Transcript}. */
        Run feed(String octets) {
            return feed(Transcript.octets(octets));
        }

        /** Lets the engine have what it wants, but gives no answer. */
        void deliver() {
            while (true) {
                if (engine.wantsTurn()) {
                    engine.takeTurn();
                } else if (engine.wantsInput() && !waiting.isEmpty()) {
                    byte[] region = waiting.remove();
                    engine.receive(region, 0, region.length);
                } else {
                    return;
                }
            }
        }

        /** Sends without giving an answer. */
        void deliver(String octets) {
            waiting.add(Transcript.octets(octets));
            deliver();
        }

        void settle() {
            do {
                deliver();
            } while (output.answerOne());
        }
    }
}
