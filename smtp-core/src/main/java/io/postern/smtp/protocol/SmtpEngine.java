package io.postern.smtp.protocol;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.ForwardedClient;
import io.postern.smtp.Limit;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.TransactionOutcome;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One session of SMTP or LMTP without input and output of its own: it is fed what the client sent, and speaks through
 * {@link Output}. Not for use by several threads at a time.
 *
 * <p>A driver calls {@link #start} once, {@link #receive} while {@link #wantsInput()}, {@link #takeTurn()} when
 * {@link #wantsTurn()}, and answers each question of {@code Output} once.
 */
public final class SmtpEngine {

    private static final byte[] NOTHING = {};

    private static final Set<String> HTTP_METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI");
    // the first octet of a TLS record that begins a handshake
    private static final byte TLS_HANDSHAKE = 0x16;

    private static final String OTHER = "other";

    // stands for the challenge where an answer is kept; what goes out holds the challenge itself
    private static final Reply CHALLENGE = Reply.of(334, "challenge");
    // stands for a new beginning where an answer is kept
    private static final Reply RESTART = Reply.of(220, "restart");
    // stands for leave to take a step that was held up, where an answer is kept
    private static final Reply PROCEED = Reply.of(250, "proceed");
    // what is shown of a transaction where there is none; nothing is ever accepted into it
    private static final Envelope NO_TRANSACTION = new Transaction();

    private final EngineSettings settings;
    private final Dialect dialect;
    private final Output output;
    private final CommandLines lines = new CommandLines();
    private final ReplyEncoder replies = new ReplyEncoder();
    private final Budgets budgets;

    private Phase phase = Phase.GREETING;
    private Capabilities capabilities;
    private @Nullable String hostName;
    private boolean extended;
    private boolean stopping;
    private boolean secure;
    private boolean authenticated;
    private @Nullable ForwardedClient forwarded;
    private @Nullable Transaction transaction;
    private @Nullable IncomingMessage message;
    private @Nullable ChunkDecoder chunk;

    // The question that waits for its answer: what is done with it, and the answer when it was given meanwhile
    private @Nullable Consumer<Reply> asked;
    private boolean askedAboutMessage;
    private boolean askedExtension;
    private boolean heldUp;
    private boolean restarting;
    private @Nullable Reply answered;
    private @Nullable EhloReply offered;
    private byte[] challenge = NOTHING;

    // What is left of the last region
    private byte[] input = NOTHING;
    private int position;
    private int end;

    // The last command by the name that measurements give it, and whether its reply is still to be said
    private String command = Output.CONNECT;
    private boolean commandUnanswered;

    private boolean running;
    private boolean yielded;
    private int steps;
    private long messageOctets;

    public SmtpEngine(EngineSettings settings, Output output) {
        this.settings = settings;
        this.dialect = settings.dialect();
        this.output = output;
        this.budgets = new Budgets(settings.limits(), output);
        this.capabilities = settings.beforeEhlo();
    }

    /**
     * The connection is there: asks for the greeting.
     *
     * @param encrypted whether it was encrypted from its first octet
     */
    public void start(boolean encrypted) {
        secure = encrypted;
        begin();
        run();
    }

    /**
     * Takes what the client sent. The array belongs to the engine from now on: parts of it are handed on as content, and
     * it may be written to.
     *
     * @throws IllegalStateException when the engine does not want input
     */
    public void receive(byte[] bytes, int from, int to) {
        if (!wantsInput()) {
            throw new IllegalStateException("input in phase " + phase + ", but none is wanted");
        }
        if (phase == Phase.TLS) {
            output.limitHit(Limit.PLAIN_BEHIND_STARTTLS);
            close("plain data in a TLS handshake"); // without a word: what is said now could be taken for encrypted
            return;
        }
        input = bytes;
        position = from;
        end = to;
        run();
    }

    /** Whether {@link #receive} may be called: no answer is owed, no input is left, and the session is not over. */
    public boolean wantsInput() {
        return !running && asked == null && position == end && phase != Phase.CLOSED;
    }

    /** Whether input is left that {@link #takeTurn()} goes on with, once other connections had their turn. */
    public boolean wantsTurn() {
        return yielded && phase != Phase.CLOSED;
    }

    /** Goes on with the input that is left. */
    public void takeTurn() {
        yielded = false;
        run();
    }

    /** Whether the application was asked and has not answered. */
    public boolean awaitsAnswer() {
        return asked != null && answered == null;
    }

    /**
     * Answers the question that was asked last. The session goes on at once, or, inside the question, when that returns.
     *
     * @throws IllegalStateException when no answer is owed
     * @throws IllegalArgumentException when the reply is not 2xx, 4xx or 5xx
     */
    public void answer(Reply reply) {
        if (!awaitsAnswer() || askedAboutMessage) {
            throw new IllegalStateException("answer \"" + reply + "\" in phase " + phase + ", but none is owed");
        }
        answered = checked(reply);
        run();
    }

    /** Answers {@link Output#holdsUp}: the step is taken now. */
    public void proceed() {
        if (!awaitsAnswer() || !heldUp) {
            throw new IllegalStateException("leave to proceed in phase " + phase + ", but nothing is held up");
        }
        answered = PROCEED;
        run();
    }

    /** Answers {@link Output#ehlo} with what is offered. */
    public void answer(EhloReply reply) {
        offered = reply;
        answer(reply.toReply());
    }

    /** Answers {@link Output#extension} with where the next message comes from; the client reads 250. */
    public void answer(ForwardedClient client) {
        if (!awaitsAnswer() || !askedExtension) {
            throw new IllegalStateException("a forwarded client in phase " + phase + ", but no extension was asked");
        }
        forwarded = client;
        answer(Replies.OK);
    }

    /**
     * Answers {@link Output#extension}: the client is another one from now on, and the session begins anew with the
     * question for the greeting. An open transaction is dropped.
     *
     * @param known whether the new client needs no AUTH
     */
    public void restart(boolean known) {
        if (!awaitsAnswer() || !askedExtension) {
            throw new IllegalStateException("a restart in phase " + phase + ", but no extension was asked");
        }
        authenticated = known;
        restarting = true;
        answered = RESTART;
        run();
    }

    /** Answers {@link Output#auth} and {@link Output#authResponse}: the client is to respond to {@code data}. */
    public void challenge(byte[] data) {
        if (!awaitsAnswer() || phase != Phase.EXCHANGE) {
            throw new IllegalStateException("a challenge in phase " + phase + ", but none is owed");
        }
        challenge = data;
        answered = CHALLENGE;
        run();
    }

    /** Answers {@link Output#bodyStart}: the application has the stream and has not refused. */
    public void bodyReady() {
        if (!awaitsAnswer() || !askedAboutMessage) {
            throw new IllegalStateException("a message is ready in phase " + phase + ", but none was asked about");
        }
        answered = Replies.START_DATA;
        run();
    }

    /** Like {@link #bodyAnswer(List)}, with one reply to the message as a whole. */
    public void bodyAnswer(Reply reply) {
        bodyAnswer(List.of(reply));
    }

    /**
     * The application's answer to the message. It may come before the message has ended, even before
     * {@link #bodyReady()}. After {@link Output#bodyFailed} it is not wanted any more and must not be given.
     *
     * @param replies one to the message as a whole, or, if {@link Output#bodyStart} said so, one for each accepted
     *     recipient in the order of RCPT
     * @throws IllegalArgumentException when there are more or fewer, or one of them is not 2xx, 4xx or 5xx
     */
    public void bodyAnswer(List<Reply> replies) {
        if (message == null || !message.isUndecided()) {
            throw new IllegalStateException(
                    "answer " + replies + " to a message in phase " + phase + ", but none is owed");
        }
        for (int i = 0; i < replies.size(); i++) {
            checked(replies.get(i));
        }
        Transaction current = transaction();
        if (replies.size() != 1 && !(answersEachRecipient(current) && replies.size() == current.recipientCount())) {
            throw new IllegalArgumentException(
                    replies.size() + " replies for " + current.recipientCount() + " recipients");
        }
        Verdict verdict = new Verdict(replies);
        message.answer(verdict);
        if (askedAboutMessage) {
            answered = verdict.overall();
        }
        run();
    }

    private static Reply checked(Reply reply) {
        if (reply.code() / 100 == 3) {
            throw new IllegalArgumentException("answer is \"" + reply + "\"; allowed are 2xx, 4xx and 5xx");
        }
        return reply;
    }

    /**
     * There is no room for the message that is arriving: what is left of it is dropped, and the client is told so behind
     * its end, so that it tries again later. Without a message that is arriving nothing happens.
     */
    public void outOfStorage() {
        if (message != null && message.isOpen() && asked == null) {
            message.wrong(Violation.OUT_OF_STORAGE);
        }
        run();
    }

    /** The TLS handshake that {@link Output#startTls} began is done: whatever was learnt before it is forgotten. */
    public void tlsStarted() {
        if (phase != Phase.TLS) {
            throw new IllegalStateException("TLS in phase " + phase + ", but no handshake was begun");
        }
        // RFC 3207 §4.2: the state is that behind the greeting
        secure = true;
        authenticated = false;
        forget();
        ask(reply -> phase = reply.isPositive() ? Phase.CONNECTED : Phase.INSECURE);
        output.secured();
        run();
    }

    private void forget() {
        hostName = null;
        extended = false;
        forwarded = null;
        dropTransaction(TransactionOutcome.RESET, null);
        capabilities = settings.beforeEhlo();
    }

    /** The server stops: the session ends with 421 as soon as no transaction is open. */
    public void stop() {
        stopping = true;
        run();
    }

    /** Ends the session with a reply, whatever is going on. */
    public void terminate(Reply reply) {
        if (phase != Phase.CLOSED) {
            finish(reply);
        }
    }

    /** The connection is gone. */
    public void disconnected() {
        if (phase != Phase.CLOSED) {
            close("the connection is gone");
        }
    }

    /** Counts the commands and answers so far, so that a driver knows for how long it has waited for the next. */
    public int steps() {
        return steps;
    }

    /** Whether a message is arriving, by DATA or in a chunk of BDAT. */
    public boolean receivesMessage() {
        return phase == Phase.BODY || chunk != null;
    }

    /** How many octets of messages were received so far, so that a driver knows how fast they come. */
    public long messageOctets() {
        return messageOctets;
    }

    /** Where the session stands. */
    public Phase phase() {
        return phase;
    }

    /** The last command, as {@link Output#commandAnswered} names it; {@code CONNECT} before the first. */
    public String command() {
        return command;
    }

    /** What the client called itself in its last HELO, EHLO or LHLO. */
    public Optional<String> hostName() {
        return Optional.ofNullable(hostName);
    }

    /** Whether that was EHLO or LHLO. */
    public boolean extended() {
        return extended;
    }

    /** Where the message of this transaction, or of the next when none is open, comes from. */
    public Optional<ForwardedClient> forwarded() {
        return Optional.ofNullable(forwarded);
    }

    // The loop. It runs until the client or the application has to say something, and starts again when it did.

    private void run() {
        if (running) {
            return; // called from inside a question: the loop that asked it goes on by itself
        }
        running = true;
        try {
            int commands = 0;
            while (phase != Phase.CLOSED) {
                if (answered != null) {
                    goOn(answered);
                } else if (asked != null || yielded) {
                    break;
                } else if (chunk != null && chunk.complete()) {
                    endOfChunk(chunk);
                } else if (stopping && !phase.inTransaction() && phase != Phase.TLS) {
                    finish(Replies.SHUTTING_DOWN);
                } else if (position == end) {
                    break;
                } else if (chunk != null) {
                    receiveChunk(chunk);
                } else if (message != null && phase == Phase.BODY) {
                    receiveText(message);
                } else if (commands++ < Limits.COMMANDS_PER_TURN) {
                    receiveCommand();
                } else {
                    yielded = true;
                }
            }
        } finally {
            running = false;
        }
        if (position == end) {
            input = NOTHING; // an idle session should not keep what it read last
            if (asked == null || !heldUp) {
                lines.forget(); // but a command that is held up is still to be looked at
            }
        }
        flush();
    }

    private void ask(Consumer<Reply> then) {
        asked = then;
    }

    private boolean holdsUp(String step, String stepArgument) {
        return output.isFollowed()
                && output.holdsUp(step, stepArgument, transaction == null ? NO_TRANSACTION : transaction);
    }

    private boolean holdsUp(Verb verb) {
        return output.isFollowed() && holdsUp(verb.name(), lines.argument());
    }

    /** Waits for leave to take a step, or for a reply in the place of it. */
    @SuppressWarnings("ReferenceEquality") // the reply that stands for leave is itself and no other
    private void holdUp(Runnable step, Consumer<Reply> instead) {
        ask(reply -> {
            if (reply == PROCEED) {
                step.run();
            } else {
                instead.accept(reply);
            }
        });
        heldUp = true;
    }

    private void goOn(Reply reply) {
        Consumer<Reply> then = Objects.requireNonNull(asked);
        boolean aboutMessage = askedAboutMessage;
        asked = null;
        askedAboutMessage = false;
        askedExtension = false;
        heldUp = false;
        answered = null;
        steps++;
        then.accept(reply);
        if (!aboutMessage) {
            closeAfter(reply); // the answer to a message may still have to wait for the end of it
        }
    }

    // RFC 5321 §3.8: 421 says that the connection closes
    private void closeAfter(Reply reply) {
        if (reply.code() == 421 && phase != Phase.CLOSED) {
            close(reply.text(), reply);
        }
    }

    private void receiveCommand() {
        if (phase == Phase.CONNECTED && lines.atStart() && input[position] == TLS_HANDSHAKE) {
            output.limitHit(Limit.TLS_ON_PLAIN_PORT);
            close("a TLS client on a plain connection"); // it would not understand a word
            return;
        }
        CommandLines.Found found = lines.read(input, position, end, capabilities.longestLine());
        position = lines.position();
        if (found != CommandLines.Found.NOTHING) {
            steps++;
        }
        switch (found) {
            case LINE -> line();
            case WRONG -> wrongLine(lines.violation());
            case NOTHING -> {}
        }
    }

    private void line() {
        if (phase == Phase.EXCHANGE) {
            authResponse(lines.text());
        } else {
            command(lines.verb());
        }
    }

    private void wrongLine(Violation violation) {
        if (phase == Phase.EXCHANGE) {
            abortExchange(violation == Violation.LINE_TOO_LONG ? Violation.AUTH_LINE_TOO_LONG : violation);
        } else {
            begin(OTHER);
            refuse(violation, null);
            if (lines.chunk() && phase != Phase.CLOSED) {
                finish(Replies.TOO_MUCH_DISCARDED); // as in dropChunk, with a number of octets that cannot be told
            }
        }
    }

    private void command(@Nullable Verb verb) {
        if (output.isFollowed()) {
            output.received(traced(verb));
        }
        if (verb == null || !dialect.knows(verb)) {
            extensionCommand(lines.name());
            return;
        }
        begin(verb.name());
        if (isCalledTooOften(verb.name()) || (isJunk(verb) && isOneTooMany())) {
            return;
        }
        Optional<Violation> outOfPlace = gate(verb);
        if (outOfPlace.isPresent()) {
            refuseCommand(outOfPlace.get(), verb);
        } else if (holdsUp(verb)) {
            holdUp(() -> perform(verb), reply -> sayInstead(reply, verb));
        } else {
            perform(verb);
        }
    }

    private void perform(Verb verb) {
        Optional<Violation> wrong = dispatch(verb);
        if (wrong.isPresent()) {
            refuseCommand(wrong.get(), verb);
        }
    }

    private void refuseCommand(Violation violation, Verb verb) {
        refuse(violation, verb);
        if (verb == Verb.BDAT && phase != Phase.CLOSED) {
            dropChunk(lines.argument());
        }
    }

    private void sayInstead(Reply reply, Verb verb) {
        if (verb.isHello()) {
            sayPlain(reply);
        } else {
            say(reply);
        }
        if (verb == Verb.QUIT) {
            close("the client sent QUIT");
        } else if (verb == Verb.BDAT && reply.code() != 421) {
            dropChunk(lines.argument());
        }
    }

    private void begin(String name) {
        command = name;
        commandUnanswered = true;
    }

    private boolean isCalledTooOften(String command) {
        return finishIf(budgets.spendCall(command));
    }

    /** Whether a command brings no mail; the hello that a session begins with does. */
    private boolean isJunk(Verb verb) {
        return verb.bringsNoMail() && !(verb.isHello() && hostName == null);
    }

    private boolean isOneTooMany() {
        return finishIf(budgets.spendJunkCommand());
    }

    /** Ends the session with the last reply, when there is one. @return whether it did */
    private boolean finishIf(Optional<Reply> last) {
        if (last.isPresent()) {
            finish(last.get());
        }
        return last.isPresent();
    }

    /** The line as a trace may show it: a secret can stand behind AUTH, and in a line that should have been part of it. */
    private String traced(@Nullable Verb verb) {
        if (verb == Verb.AUTH) {
            return "AUTH ***";
        }
        String line = lines.text();
        boolean known = verb != null || settings.extension(lines.name()).isPresent();
        return known ? line : "*** (unknown command of " + line.length() + " characters)";
    }

    /** What stands against a command before it is looked at more closely. */
    private Optional<Violation> gate(Verb verb) {
        if (lines.octets() > capabilities.lineLimit(verb)) {
            return Optional.of(Violation.LINE_TOO_LONG);
        }
        if (needsTls() && !verb.isAllowedBeforeTls()) {
            return Optional.of(Violation.TLS_REQUIRED);
        }
        if (settings.auth().required() && !authenticated && verb.needsAuth()) {
            return Optional.of(Violation.AUTH_REQUIRED);
        }
        if (!phase.allows(verb)) {
            return Optional.of(phase.outOfOrder(verb));
        }
        return Optional.empty();
    }

    private boolean needsTls() {
        return settings.startTls() == StartTls.REQUIRED && !secure;
    }

    /** Does what a command says. @return what is wrong with it, if anything */
    private Optional<Violation> dispatch(Verb verb) {
        return switch (verb) {
            case HELO -> helo(lines.argument());
            case EHLO, LHLO -> ehlo(lines.argument());
            case STARTTLS -> startTls(lines.argument());
            case AUTH -> auth(lines.argument());
            case MAIL -> mail();
            case RCPT -> rcpt();
            case DATA -> data(lines.argument());
            case BDAT -> bdat(lines.argument());
            case RSET -> rset(lines.argument());
            case NOOP -> noop(lines.argument());
            case VRFY -> vrfy(lines.argument());
            case EXPN -> expn(lines.argument());
            case HELP -> help(lines.argument());
            case QUIT -> quit(lines.argument());
        };
    }

    private void begin() {
        phase = Phase.GREETING;
        if (holdsUp(Output.CONNECT, "")) {
            holdUp(this::askForGreeting, this::greet);
        } else {
            askForGreeting();
        }
    }

    private void askForGreeting() {
        ask(this::greet);
        output.connect();
    }

    private void greet(Reply reply) {
        sayPlain(reply);
        phase = reply.isPositive() ? Phase.CONNECTED : Phase.REFUSED;
    }

    private Optional<Violation> helo(String argument) {
        if (argument.isEmpty()) {
            return Optional.of(Violation.SYNTAX);
        }
        ask(reply -> hello(reply, argument, false, offered(settings.beforeEhlo())));
        output.helo(argument);
        return Optional.empty();
    }

    private Optional<Violation> ehlo(String argument) {
        if (argument.isEmpty()) {
            return Optional.of(Violation.SYNTAX);
        }
        List<String> mechanisms = output.mechanisms();
        Capabilities base = offered(settings.planned(secure));
        Capabilities offer = mechanisms.isEmpty() ? base : base.withAuth(mechanisms);
        ask(reply -> {
            EhloReply lines = offered;
            offered = null;
            hello(reply, argument, true, lines == null ? capabilities : offer.offeredBy(lines));
        });
        output.ehlo(argument, offer.reply());
        return Optional.empty();
    }

    private Capabilities offered(Capabilities planned) {
        return planned.onlyWith(output::offers);
    }

    private void hello(Reply reply, String name, boolean isExtended, Capabilities held) {
        sayPlain(reply);
        if (reply.isPositive()) {
            // RFC 5321 §4.1.4: a hello in mid-session has the effect of RSET, one that is refused has none
            dropTransaction(TransactionOutcome.RESET, null);
            forwarded = null;
            hostName = name;
            extended = isExtended;
            capabilities = held;
            phase = Phase.READY;
        }
    }

    private Optional<Violation> startTls(String argument) {
        if (!argument.isEmpty()) {
            return Optional.of(Violation.SYNTAX);
        }
        if (secure) {
            return Optional.of(Violation.TLS_ACTIVE);
        }
        if (!capabilities.has(Capability.STARTTLS)) {
            return Optional.of(Violation.TLS_NOT_OFFERED);
        }
        if (position < end) {
            // Whoever put this behind the command wants it to be taken for what the encrypted client sent
            output.limitHit(Limit.PLAIN_BEHIND_STARTTLS);
            finish(Replies.DATA_AFTER_STARTTLS);
            return Optional.empty();
        }
        say(Replies.READY_FOR_TLS);
        phase = Phase.TLS;
        int length = replies.length();
        output.startTls(replies.take(), 0, length);
        return Optional.empty();
    }

    private Optional<Violation> auth(String argument) {
        if (authenticated) {
            return Optional.of(Violation.AUTHENTICATED_ALREADY);
        }
        if (settings.auth().offered() && settings.auth().needsTls() && !secure) {
            return Optional.of(Violation.AUTH_NEEDS_TLS); // before a look at what may hold a password
        }
        if (!capabilities.has(Capability.AUTH)) {
            return Optional.of(Violation.AUTH_NOT_OFFERED);
        }
        String[] words = argument.split(" +");
        if (argument.isEmpty() || words.length > 2) {
            return Optional.of(Violation.SYNTAX);
        }
        String mechanism = words[0].toUpperCase(Locale.ROOT);
        if (!output.mechanisms().contains(mechanism)) {
            return Optional.of(Violation.MECHANISM_UNKNOWN);
        }
        Optional<byte[]> initialResponse = Optional.empty();
        if (words.length == 2) {
            // RFC 4954 §4: "=" is an initial response of no octets
            initialResponse = words[1].equals("=") ? Optional.of(NOTHING) : decode(words[1]);
            if (initialResponse.isEmpty()) {
                return Optional.of(Violation.BAD_BASE64);
            }
        }
        phase = Phase.EXCHANGE;
        ask(this::goOnWithExchange);
        output.auth(mechanism, initialResponse);
        return Optional.empty();
    }

    private void authResponse(String line) {
        if (output.isFollowed()) {
            output.received("***");
        }
        if (line.equals("*")) {
            abortExchange(Violation.AUTH_ABORTED);
            return;
        }
        decode(line)
                .ifPresentOrElse(
                        response -> {
                            ask(this::goOnWithExchange);
                            output.authResponse(response);
                        },
                        () -> abortExchange(Violation.BAD_BASE64));
    }

    private void abortExchange(Violation violation) {
        phase = Phase.READY;
        output.authAborted();
        refuse(violation, null);
    }

    private void goOnWithExchange(Reply reply) {
        if (reply.code() == CHALLENGE.code()) {
            replies.appendChallenge(Base64.getEncoder().encode(challenge));
            challenge = NOTHING;
            return;
        }
        phase = Phase.READY;
        authenticated = reply.isPositive();
        say(reply);
        if (reply.isPermanent()) { // that we cannot tell is no failure of the client's
            budgets.spendAuthFailure().ifPresent(this::finish);
        }
    }

    private static Optional<byte[]> decode(String base64) {
        try {
            return base64.length() % 4 == 0 ? Optional.of(Base64.getDecoder().decode(base64)) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Optional<Violation> mail() {
        if (finishIf(budgets.spendMessage())) {
            return Optional.empty();
        }
        Parsed<Sender> parsed = MailCommand.parse(lines, capabilities, settings);
        if (!parsed.isOk()) {
            return Optional.of(parsed.violation());
        }
        Sender sender = parsed.value();
        Transaction begun = new Transaction();
        ask(reply -> {
            say(reply);
            if (reply.isPositive()) {
                begun.accept(sender);
                transaction = begun;
                phase = Phase.SENDER;
            }
            output.mailAnswered(reply);
        });
        output.mail(begun, sender);
        return Optional.empty();
    }

    private Optional<Violation> rcpt() {
        Transaction current = transaction();
        if (current.recipientCount() >= settings.limits().recipients()) {
            return Optional.of(Violation.TOO_MANY_RECIPIENTS);
        }
        Parsed<Recipient> parsed = RcptCommand.parse(lines, capabilities, settings, current.smtpUtf8());
        if (!parsed.isOk()) {
            return Optional.of(parsed.violation());
        }
        Recipient recipient = parsed.value();
        ask(reply -> {
            say(reply);
            if (reply.isPositive()) {
                current.accept(recipient);
                phase = Phase.RECIPIENTS;
            }
        });
        output.rcpt(current, recipient);
        return Optional.empty();
    }

    private Optional<Violation> data(String argument) {
        if (!argument.isEmpty()) {
            return Optional.of(Violation.SYNTAX);
        }
        if (transaction().isBinary()) {
            return Optional.of(Violation.DATA_WITH_BINARYMIME); // RFC 3030 §3
        }
        open(false, opened -> {
            if (opened.code() == Replies.START_DATA.code() || opened.isPositive()) {
                say(Replies.START_DATA);
                phase = Phase.BODY;
            } else {
                refuseMessage(); // RFC 2033 §4.2: only a message that was sent is answered for each recipient
            }
        });
        return Optional.empty();
    }

    private Optional<Violation> bdat(String argument) {
        Optional<BdatCommand> command = BdatCommand.parse(argument);
        if (command.isEmpty()) {
            return Optional.of(Violation.SYNTAX);
        }
        if (!capabilities.has(Capability.CHUNKING)) {
            return Optional.of(Violation.NOT_OFFERED);
        }
        chunk = new ChunkDecoder(command.get());
        if (phase == Phase.RECIPIENTS) {
            open(true, opened -> phase = Phase.CHUNKS);
        }
        return Optional.empty();
    }

    private Optional<Violation> rset(String argument) {
        if (!argument.isEmpty()) {
            return Optional.of(Violation.SYNTAX);
        }
        Transaction dropped = transaction();
        if (message != null) {
            message.fail("the client sent RSET");
        }
        endOfTransaction(TransactionOutcome.RESET, null);
        ask(this::say);
        output.rset(dropped);
        return Optional.empty();
    }

    private Optional<Violation> noop(String argument) {
        ask(this::say);
        output.noop(argument);
        return Optional.empty();
    }

    private Optional<Violation> vrfy(String argument) {
        return lookUp(argument, output::vrfy);
    }

    private Optional<Violation> expn(String argument) {
        return lookUp(argument, output::expn);
    }

    // RFC 6531 §3.7.4.2: VRFY and EXPN may end with SMTPUTF8, and only then the name and the reply may be in UTF-8
    private Optional<Violation> lookUp(String argument, Consumer<String> question) {
        boolean utf8 = capabilities.has(Capability.SMTPUTF8)
                && argument.toUpperCase(Locale.ROOT).endsWith(" SMTPUTF8");
        String name = utf8 ? argument.substring(0, argument.lastIndexOf(' ')).trim() : argument;
        if (name.isEmpty()) {
            return Optional.of(Violation.SYNTAX);
        }
        if (!utf8 && name.chars().anyMatch(c -> c > '~')) {
            return Optional.of(Violation.SMTPUTF8_NEEDED);
        }
        ask(reply -> say(reply, showsCodes(), utf8));
        question.accept(name);
        return Optional.empty();
    }

    private Optional<Violation> help(String argument) {
        ask(this::say);
        output.help(argument, settings.help(argument));
        return Optional.empty();
    }

    private Optional<Violation> quit(String argument) {
        if (!argument.isEmpty()) {
            return Optional.of(Violation.SYNTAX);
        }
        ask(reply -> {
            say(reply);
            close("the client sent QUIT");
        });
        output.quit();
        return Optional.empty();
    }

    private void extensionCommand(String verb) {
        EngineExtension extension = settings.extension(verb).orElse(null);
        begin(extension == null ? OTHER : verb);
        String argument = lines.argument();
        if (extension == null && HTTP_METHODS.contains(verb)) {
            output.limitHit(Limit.HTTP);
            // a web browser was made to talk to us; what follows is not the client's own words
            finish(Replies.NOT_SMTP);
        } else if (extension != null && isCalledTooOften(verb)) {
            return;
        } else if (phase == Phase.REFUSED || phase == Phase.INSECURE) {
            refuse(phase.otherwise(), null);
        } else if (needsTls()) {
            refuse(Violation.TLS_REQUIRED, null);
        } else if (holdsUp(verb, argument)) {
            holdUp(() -> knownCommand(extension, argument), this::say);
        } else {
            knownCommand(extension, argument);
        }
    }

    private void knownCommand(@Nullable EngineExtension extension, String argument) {
        if (extension == null) {
            refuse(Violation.UNKNOWN_COMMAND, null);
        } else if (lines.octets() > settings.limits().commandLine()) {
            refuse(Violation.LINE_TOO_LONG, null);
        } else if (!phase.allowsExtensions()) {
            refuse(Violation.OUT_OF_ORDER, null);
        } else if (!output.offers(extension)) {
            refuse(Violation.NOT_AUTHORIZED, null);
        } else {
            ask(this::extensionAnswered);
            askedExtension = true;
            output.extension(extension, transaction(), argument);
        }
    }

    private void extensionAnswered(Reply reply) {
        if (restarting) {
            restarting = false;
            forget();
            begin();
        } else {
            say(reply);
        }
    }

    // The message

    private void open(boolean chunked, Consumer<Reply> then) {
        Transaction current = transaction();
        message = new IncomingMessage(settings, current, chunked, output);
        ask(then);
        askedAboutMessage = true;
        output.bodyStart(current, answersEachRecipient(current));
    }

    private void receiveText(IncomingMessage current) {
        boolean wanted = current.isOpen();
        int from = position;
        int taken = current.receive(input, from, end);
        messageOctets += taken - from;
        if (phase == Phase.CLOSED) {
            return; // the session was ended by who read the content
        }
        position = taken;
        if (current.ended()) {
            whole(current);
        } else if (!wanted && budgets.drop(taken - from)) {
            finish(Replies.TOO_MUCH_DISCARDED);
        }
    }

    private void receiveChunk(ChunkDecoder current) {
        int taken = current.take(position, end);
        int from = position;
        messageOctets += taken - from;
        position = taken;
        if (message != null) {
            boolean wanted = message.isOpen();
            message.receive(input, from, taken);
            if (!wanted && budgets.drop(taken - from) && phase != Phase.CLOSED) {
                finish(Replies.TOO_MUCH_DISCARDED);
            }
        }
    }

    private void endOfChunk(ChunkDecoder current) {
        chunk = null;
        if (message == null) {
            return; // it was refused, and the client has been told
        }
        if (current.last()) {
            message.finish();
            whole(message);
        } else if (holdsUp(Output.CHUNK, "")) {
            IncomingMessage arriving = message;
            holdUp(() -> acknowledge(current, arriving), reply -> {
                arriving.fail("a chunk of it was refused");
                endOfMessage(List.of(reply), reply);
            });
        } else {
            acknowledge(current, message);
        }
    }

    private void acknowledge(ChunkDecoder current, IncomingMessage arriving) {
        Verdict verdict = arriving.verdict();
        if (verdict == null || verdict.overall().isPositive()) {
            say(Reply.of(250, "2.0.0", current.size() + " octets received"));
        } else {
            // RFC 3030 §2: the message is lost, and chunks that still come are refused until the next MAIL
            refuseMessage();
        }
    }

    /** The client has sent the whole message. */
    private void whole(IncomingMessage current) {
        if (holdsUp(Output.MESSAGE, "")) {
            holdUp(() -> awaitAnswer(current), reply -> {
                current.fail("the message was refused at its end");
                endOfMessage(Verdict.of(reply));
            });
        } else {
            awaitAnswer(current);
        }
    }

    /** Waits for what the application says to the message, if that is still open. */
    private void awaitAnswer(IncomingMessage current) {
        if (current.verdict() != null) {
            answerMessage();
            return;
        }
        ask(reply -> answerMessage());
        askedAboutMessage = true;
        output.bodyEnd();
    }

    private void answerMessage() {
        if (holdsUp(Output.ANSWER, "")) {
            holdUp(() -> endOfMessage(verdict()), reply -> endOfMessage(Verdict.of(reply)));
        } else {
            endOfMessage(verdict());
        }
    }

    private void endOfMessage(Verdict verdict) {
        if (verdict.overall().isPositive()) {
            budgets.restore();
        }
        endOfMessage(
                dialect.answersEachRecipient() ? verdict.toEach(transaction().recipientCount()) : verdict.toWhole(),
                verdict.overall());
    }

    /** Refuses a message that was not sent to its end. */
    private void refuseMessage() {
        Reply overall = verdict().overall();
        endOfMessage(List.of(overall), overall);
    }

    private Verdict verdict() {
        return Objects.requireNonNull(Objects.requireNonNull(message).verdict());
    }

    private void endOfMessage(List<Reply> said, Reply overall) {
        IncomingMessage ended = Objects.requireNonNull(message);
        Violation violation = ended.violation();
        for (int i = 0; i < said.size(); i++) {
            say(said.get(i));
        }
        output.messageAnswered(ended.received(), overall);
        endOfTransaction(TransactionOutcome.of(overall), overall);
        count(violation);
        for (int i = 0; i < said.size(); i++) {
            closeAfter(said.get(i));
        }
    }

    private boolean answersEachRecipient(Transaction current) {
        return dialect.answersEachRecipient() || current.asksForPrdr();
    }

    private void endOfTransaction(TransactionOutcome outcome, @Nullable Reply reply) {
        message = null;
        dropTransaction(outcome, reply);
        forwarded = null;
        phase = phase == Phase.CONNECTED ? Phase.CONNECTED : Phase.READY;
    }

    private void dropTransaction(TransactionOutcome outcome, @Nullable Reply reply) {
        if (transaction != null) {
            transaction = null;
            output.transactionEnded(outcome, reply);
        }
    }

    /**
     * What follows a refused BDAT are octets of a message: they are dropped, never read as commands. When their number
     * cannot be told, or is too large to wait for, there is no way to go on. The message that they belong to is lost.
     */
    private void dropChunk(String argument) {
        if (message != null) {
            message.fail("a chunk of it was refused");
            endOfTransaction(TransactionOutcome.ABORTED, null);
        }
        Optional<BdatCommand> command = BdatCommand.parse(argument);
        if (command.isEmpty() || budgets.drop(command.get().size())) {
            finish(Replies.TOO_MUCH_DISCARDED);
        } else {
            chunk = new ChunkDecoder(command.get());
        }
    }

    private Transaction transaction() {
        return transaction == null ? new Transaction() : transaction;
    }

    // Replies

    private void refuse(Violation violation, @Nullable Verb verb) {
        Optional<Reply> last = budgets.spend(violation);
        Reply reply = last.orElseGet(
                () -> violation == Violation.SYNTAX && verb != null ? verb.syntaxError() : dialect.reply(violation));
        if (verb != null && verb.isHello()) {
            sayPlain(reply);
        } else {
            say(reply);
        }
        last.ifPresent(ended -> close(ended.text(), ended));
    }

    /** Counts what was wrong with a message; its reply has been said. */
    private void count(@Nullable Violation violation) {
        if (violation != null) {
            budgets.spend(violation).ifPresent(this::finish);
        }
    }

    private void say(Reply reply) {
        say(reply, showsCodes(), transaction != null && transaction.smtpUtf8());
    }

    // RFC 2034 §4: no enhanced code in the greeting and in any reply to HELO and EHLO
    private void sayPlain(Reply reply) {
        say(reply, false, false);
    }

    private void say(Reply reply, boolean codes, boolean utf8) {
        replies.append(reply, codes, utf8);
        if (commandUnanswered) {
            commandUnanswered = false;
            output.commandAnswered(command, reply.code());
        }
    }

    /** Sends all that was said in this turn. */
    private void flush() {
        int length = replies.length();
        if (length > 0) {
            output.send(replies.take(), 0, length);
        }
    }

    private boolean showsCodes() {
        return capabilities.has(Capability.ENHANCEDSTATUSCODES);
    }

    private void finish(Reply reply) {
        if (phase == Phase.GREETING) {
            sayPlain(reply);
        } else if (phase != Phase.TLS) {
            say(reply); // in a handshake it would go out unencrypted
        }
        close(reply.text(), reply);
    }

    private void close(String reason) {
        close(reason, null);
    }

    /** @param last the reply that the session ends with, if it is one that says why */
    private void close(String reason, @Nullable Reply last) {
        phase = Phase.CLOSED;
        asked = null;
        answered = null;
        position = end;
        if (message != null) {
            message.fail(reason);
        }
        dropTransaction(TransactionOutcome.ABORTED, last);
        flush();
        output.close();
    }
}
