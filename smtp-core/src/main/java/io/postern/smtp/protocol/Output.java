package io.postern.smtp.protocol;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.Limit;
import io.postern.smtp.Recipient;
import io.postern.smtp.Reply;
import io.postern.smtp.Sender;
import io.postern.smtp.TransactionOutcome;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the engine asks of its driver. A method that asks the application is a question: the engine waits until
 * {@link SmtpEngine#answer(Reply)} was called for it once, inside the method or later. All others return at once.
 */
public interface Output {

    /** The step of {@link #holdsUp} in which a client is about to be asked about, and greeted. */
    String CONNECT = "CONNECT";
    /** The step of {@link #holdsUp} in which a chunk of a message is whole, which is not the last and is to be acknowledged. */
    String CHUNK = "CHUNK";
    /** The step of {@link #holdsUp} in which a message is whole, and the application does not know it yet. */
    String MESSAGE = "MESSAGE";
    /** The step of {@link #holdsUp} in which a message has been answered, and the client does not know it yet. */
    String ANSWER = "ANSWER";

    /**
     * Sends bytes to the client. Nobody may write to the array any more: what is said often is in the same one for all
     * connections, on whatever thread.
     */
    void send(byte[] bytes, int from, int to);

    /**
     * Sends bytes, of which the last are the reply to STARTTLS, and begins the TLS handshake behind them. The driver calls
     * {@link SmtpEngine#tlsStarted()} when it is done. As in {@link #send}, nobody may write to the array. What it reads of
     * plain bytes meanwhile is an attack.
     */
    void startTls(byte[] bytes, int from, int to);

    /** Question: the connection is encrypted now; a positive answer lets the client go on. Nothing of it is sent. */
    void secured();

    /** The names of the mechanisms that this connection may use now, in upper case; asked for at EHLO. */
    List<String> mechanisms();

    /**
     * Question: the client has sent AUTH. It is answered with {@link SmtpEngine#challenge(byte[])}, or with the reply that
     * ends the exchange; a positive one means that the client is authenticated.
     *
     * @param mechanism one of {@link #mechanisms()}
     * @param initialResponse what the client sent along, base64 removed
     */
    void auth(String mechanism, Optional<byte[]> initialResponse);

    /** Question, answered like {@link #auth}: the client's response to a challenge, base64 removed. */
    void authResponse(byte[] response);

    /** The exchange has ended without an answer: the client cancelled it or sent what cannot be read. */
    void authAborted();

    /** Whether somebody follows the session: wants to know of each command line, or may hold up steps. */
    default boolean isFollowed() {
        return true;
    }

    /** A command line was read, for a trace; called when {@link #isFollowed()}. What is secret in it is masked already. */
    void received(String line);

    /**
     * Whether the session is to wait before it takes a step: greets, does a command that is in order, or goes on with a
     * message. Asked only when {@link #isFollowed()}. If it is to wait, this is a question, to be answered later and not
     * inside the method: with {@link SmtpEngine#proceed()}, or with a reply that takes the place of the step. All replies to
     * earlier commands are sent meanwhile.
     *
     * @param step {@link #CONNECT}, {@link #CHUNK}, {@link #MESSAGE}, {@link #ANSWER}, or else the verb in upper case
     * @param argument what stands behind the verb, a secret of AUTH included
     * @param envelope the transaction so far
     */
    default boolean holdsUp(String step, String argument, Envelope envelope) {
        return false;
    }

    /** Question: a client is here; the answer is the greeting. */
    void connect();

    /** Question. */
    void helo(String hostName);

    /** Question; the answer is given with {@link SmtpEngine#answer(EhloReply)}, or as a reply that refuses. */
    void ehlo(String hostName, EhloReply planned);

    /** Question. */
    void mail(Envelope envelope, Sender sender);

    /** Question. */
    void rcpt(Envelope envelope, Recipient recipient);

    /** Question; the transaction is over already. */
    void rset(Envelope envelope);

    /** Question. */
    void noop(String argument);

    /** Question. */
    void vrfy(String address);

    /** Question. */
    void expn(String list);

    /** Question. */
    void help(String topic, Reply planned);

    /** Question; the connection closes after the answer. */
    void quit();

    /** Whether the client may use an extension now; asked at each hello and each time the verb is used. */
    boolean offers(EngineExtension extension);

    /**
     * Question: the verb of an extension. It may also be answered with {@link SmtpEngine#restart} or with {@link
     * SmtpEngine#answer(ForwardedClient)}.
     */
    void extension(EngineExtension extension, Envelope envelope, String argument);

    /**
     * A message begins. The driver answers with {@link SmtpEngine#bodyReady()} when the application has the stream, and
     * later, or at once, with {@link SmtpEngine#bodyAnswer(List)} or {@link SmtpEngine#bodyAnswer(Reply)}.
     *
     * @param eachRecipient whether the answer may be a reply for each recipient
     */
    void bodyStart(Envelope envelope, boolean eachRecipient);

    /** Content of the message, without what the transfer added. The region may be kept; nobody else writes to it. */
    void body(byte[] bytes, int from, int to);

    /** The message is whole. */
    void bodyEnd();

    /** The message will never be whole, or the session ended before its answer came; the answer is not wanted any more. */
    void bodyFailed(String reason);

    /** A fact for those who measure: a command, or {@code other}, has its reply. */
    default void commandAnswered(String verb, int replyCode) {}

    /** A fact for those who measure: {@link #mail} has its reply; a positive one has opened a transaction. */
    default void mailAnswered(Reply reply) {}

    /**
     * A fact for those who measure: a transaction that was open is over.
     *
     * @param reply what its message was answered, or the reply that ended the session; null when there is none
     */
    default void transactionEnded(TransactionOutcome outcome, @Nullable Reply reply) {}

    /** A fact for those who measure: a message of so many octets has ended and has its reply. */
    default void messageAnswered(long octets, Reply reply) {}

    /** A fact for those who measure: the client ran into a limit. */
    default void limitHit(Limit limit) {}

    /** The session is over: close the connection when what was sent is out. Nothing is sent behind this. */
    void close();
}
