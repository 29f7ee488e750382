package io.postern.smtp.protocol;

import io.postern.smtp.ClientOverride;
import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.ExtensionAnswer;
import io.postern.smtp.ForwardedClient;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Driver and application in one: answers the engine's questions, inside them or later, and notes what it is asked and
 * told. What an engine must never do is found out here.
 */
@SuppressWarnings("IdentityHashMapUsage") // of arrays, each of which is itself only
final class RecordingOutput implements Output {

    /** What the application says. */
    interface Application {
        Reply answer(String question);

        /** The answer to a message where each recipient may have a reply of his own; by default all have the same. */
        default List<Reply> answerToEach(Envelope envelope) {
            return List.of(answer("MESSAGE"));
        }

        EhloReply ehlo(EhloReply planned);

        /** The answer to the verb of an extension. */
        default ExtensionAnswer extension(String question) {
            return answer(question);
        }

        /** Whether a step is held up. */
        default boolean holdsUp(String step) {
            return false;
        }

        /** What takes the place of a step that is held up. */
        default Optional<Reply> insteadOf(String step) {
            return Optional.empty();
        }

        /** Whether the client may use an extension. */
        default boolean offers(EngineExtension extension) {
            return true;
        }

        /** The mechanisms of a connection. */
        List<String> mechanisms(boolean secure);

        /** The answer to a message, given once it is this long; -1 to answer at the end. */
        int answersMessageAfter();
    }

    private final Application application;
    private final boolean later;
    private final List<String> questions = new ArrayList<>();
    private final List<String> received = new ArrayList<>();
    private final List<String> messages = new ArrayList<>();
    private final List<Envelope> envelopes = new ArrayList<>();
    private final List<Sender> senders = new ArrayList<>();
    private final List<Recipient> recipients = new ArrayList<>();
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final Queue<Runnable> owed = new ArrayDeque<>();
    private @Nullable SmtpEngine engine;
    private @Nullable ByteArrayOutputStream message;
    /** Every array that was sent, and what was in it then. */
    private final Map<byte[], byte[]> arrays = new IdentityHashMap<>();

    private int sends;
    private int failures;
    private boolean answered;
    private boolean eachRecipient;
    private boolean followed = true;
    private boolean closed;
    private boolean secure;
    private boolean handshaking;

    RecordingOutput(Application application, boolean later) {
        this.application = application;
        this.later = later;
    }

    void attach(SmtpEngine attached) {
        engine = attached;
    }

    /** @param encrypted whether the connection was encrypted from its first octet */
    void connected(boolean encrypted) {
        secure = encrypted;
    }

    /** The TLS handshake that the engine asked for succeeds. */
    void handshake() {
        check(handshaking, "no handshake was begun");
        handshaking = false;
        secure = true;
        engine().tlsStarted();
    }

    private SmtpEngine engine() {
        return java.util.Objects.requireNonNull(engine);
    }

    /** Gives one of the answers that are owed. @return whether there was one */
    boolean answerOne() {
        Runnable answer = owed.poll();
        if (answer != null) {
            answer.run();
        }
        return answer != null;
    }

    private void give(Runnable answer) {
        if (later) {
            owed.add(() -> {
                if (!closed) {
                    answer.run();
                }
            });
        } else {
            answer.run();
        }
    }

    private void ask(String question) {
        questions.add(question);
        give(() -> engine().answer(application.answer(question)));
    }

    @Override
    public void send(byte[] bytes, int from, int to) {
        check(!closed, "bytes were sent after close");
        check(!handshaking, "bytes were sent in a TLS handshake");
        check(from < to, "nothing was sent");
        sends++;
        sent.write(bytes, from, to - from);
        arrays.put(bytes, bytes.clone());
    }

    @Override
    public boolean isFollowed() {
        return followed;
    }

    /** From now on nobody wants to know of command lines, or holds up steps. */
    void leaveAlone() {
        followed = false;
    }

    @Override
    public void received(String line) {
        check(followed, "nobody wants to know of command lines");
        check(!closed, "a command was read after close");
        received.add(line);
    }

    @Override
    public boolean holdsUp(String step, String argument, Envelope envelope) {
        check(!closed, "a step was to be taken after close");
        if (!application.holdsUp(step)) {
            return false;
        }
        questions.add("HELD UP " + step);
        owed.add(() -> {
            if (!closed) {
                application.insteadOf(step).ifPresentOrElse(engine()::answer, engine()::proceed);
            }
        });
        return true;
    }

    @Override
    public void startTls(byte[] bytes, int from, int to) {
        check(!secure, "TLS inside TLS");
        send(bytes, from, to);
        questions.add("STARTTLS");
        handshaking = true;
    }

    @Override
    public void secured() {
        ask("SECURED");
    }

    @Override
    public List<String> mechanisms() {
        return application.mechanisms(secure);
    }

    @Override
    public void auth(String mechanism, Optional<byte[]> initialResponse) {
        askExchange("AUTH " + mechanism
                + initialResponse.map(octets -> " " + bracketed(octets)).orElse(""));
    }

    @Override
    public void authResponse(byte[] response) {
        askExchange("RESPONSE " + bracketed(response));
    }

    @Override
    public void authAborted() {
        questions.add("ABORTED");
    }

    private static String bracketed(byte[] octets) {
        return "[" + new String(octets, StandardCharsets.ISO_8859_1) + "]";
    }

    /** An answer of 334 is a challenge with its text. */
    private void askExchange(String question) {
        questions.add(question);
        Reply answer = application.answer(question);
        give(() -> {
            if (answer.code() == 334) {
                engine().challenge(answer.text().getBytes(StandardCharsets.ISO_8859_1));
            } else {
                engine().answer(answer);
            }
        });
    }

    @Override
    public void connect() {
        ask("CONNECT");
    }

    @Override
    public void helo(String hostName) {
        ask("HELO " + hostName);
    }

    @Override
    public void ehlo(String hostName, EhloReply planned) {
        String question = "EHLO " + hostName;
        questions.add(question);
        Reply refusal = application.answer(question);
        give(() -> {
            if (refusal.isPositive()) {
                engine().answer(application.ehlo(planned));
            } else {
                engine().answer(refusal);
            }
        });
    }

    @Override
    public void mail(Envelope envelope, Sender sender) {
        check(envelope.sender().isEmpty(), "a sender was recorded before it was accepted");
        senders.add(sender);
        ask("MAIL <" + sender.address() + "> " + sender.parameters().text());
    }

    @Override
    public void rcpt(Envelope envelope, Recipient recipient) {
        check(!envelope.recipients().contains(recipient) || recipients.contains(recipient), "recorded too early");
        recipients.add(recipient);
        ask("RCPT <" + recipient.address() + "> " + recipient.parameters().text());
    }

    @Override
    public void rset(Envelope envelope) {
        ask("RSET");
    }

    @Override
    public void noop(String argument) {
        ask("NOOP " + argument);
    }

    @Override
    public void vrfy(String address) {
        ask("VRFY " + address);
    }

    @Override
    public void expn(String list) {
        ask("EXPN " + list);
    }

    @Override
    public void help(String topic, Reply planned) {
        questions.add("HELP " + topic);
        give(() -> engine().answer(planned));
    }

    @Override
    public void quit() {
        ask("QUIT");
    }

    @Override
    public boolean offers(EngineExtension extension) {
        return application.offers(extension);
    }

    @Override
    public void extension(EngineExtension extension, Envelope envelope, String argument) {
        String question = extension.verb().orElseThrow().name() + " " + argument;
        questions.add(question);
        give(() -> {
            ExtensionAnswer answer = application.extension(question);
            if (answer instanceof ClientOverride client) {
                engine().restart(client.login().isPresent());
            } else if (answer instanceof ForwardedClient client) {
                engine().answer(client);
            } else {
                engine().answer((Reply) answer);
            }
        });
    }

    @Override
    public void bodyStart(Envelope envelope, boolean eachRecipient) {
        this.eachRecipient = eachRecipient;
        check(message == null, "a message begins inside another");
        questions.add("DATA " + envelope.mailFrom() + " -> " + String.join(",", envelope.rcptTos()));
        envelopes.add(envelope);
        message = new ByteArrayOutputStream();
        answered = false;
        Reply answer = application.answer("DATA");
        boolean atOnce = !answer.isPositive() || application.answersMessageAfter() == 0;
        give(() -> {
            if (atOnce) {
                answerMessage(answer.isPositive() ? answerToMessage() : List.of(answer));
            } else {
                engine().bodyReady();
            }
        });
    }

    @Override
    public void body(byte[] bytes, int from, int to) {
        check(from < to, "empty content");
        ByteArrayOutputStream current = current();
        check(!answered, "content after the application has answered");
        current.write(bytes, from, to - from);
        int after = application.answersMessageAfter();
        if (after > 0 && current.size() >= after && owed.isEmpty()) {
            giveToMessage();
        }
    }

    private List<Reply> answerToMessage() {
        return eachRecipient
                ? application.answerToEach(envelopes.get(envelopes.size() - 1))
                : List.of(application.answer("MESSAGE"));
    }

    private void answerMessage(List<Reply> replies) {
        answered = true;
        message = null;
        engine().bodyAnswer(replies);
    }

    @Override
    public void bodyEnd() {
        messages.add(current().toString(StandardCharsets.ISO_8859_1));
        giveToMessage();
    }

    /** Answers the message that is under way, unless it was answered or failed before. */
    private void giveToMessage() {
        int number = envelopes.size();
        give(() -> {
            if (message != null && number == envelopes.size()) {
                answerMessage(answerToMessage());
            }
        });
    }

    @Override
    public void bodyFailed(String reason) {
        current();
        message = null;
        failures++;
    }

    private ByteArrayOutputStream current() {
        check(message != null, "there is no message");
        return java.util.Objects.requireNonNull(message);
    }

    @Override
    public void close() {
        check(!closed, "closed twice");
        closed = true;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    /** Everything that was sent, octets as characters. */
    String sent() {
        return sent.toString(StandardCharsets.ISO_8859_1);
    }

    /** Everything that was sent, read as UTF-8 and cut into lines. */
    List<String> sentLines() {
        arrays.forEach((array, then) -> check(Arrays.equals(array, then), "an array that was sent was written to"));
        return sent.toString(StandardCharsets.UTF_8).lines().toList();
    }

    /** Forgets what was sent and asked so far. */
    void forget() {
        sent.reset();
        sends = 0;
        questions.clear();
        received.clear();
    }

    /** In how many pieces it was sent. */
    int sends() {
        return sends;
    }

    /** What the application was asked. */
    List<String> questions() {
        return questions;
    }

    /** The command lines as a trace shows them. */
    List<String> received() {
        return received;
    }

    /** The messages that came to their end, octets as characters. */
    List<String> messages() {
        return messages;
    }

    /** The envelope of each message that began. */
    List<Envelope> envelopes() {
        return envelopes;
    }

    /** The last sender asked about. */
    Sender sender() {
        return senders.get(senders.size() - 1);
    }

    /** The last recipient asked about. */
    Recipient recipient() {
        return recipients.get(recipients.size() - 1);
    }

    /** How many messages failed. */
    int failures() {
        return failures;
    }

    boolean isClosed() {
        return closed;
    }
}
