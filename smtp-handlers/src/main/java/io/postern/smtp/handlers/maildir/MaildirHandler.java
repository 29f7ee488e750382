package io.postern.smtp.handlers.maildir;

import io.postern.smtp.BodyType;
import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.stream.Contexts;
import io.postern.smtp.handlers.stream.OpenMessages;
import io.postern.smtp.handlers.trace.HeaderEditor;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Stores messages in a Maildir, or in one for each recipient. A message is answered with 250 when it is in {@code new/}, whole
 * and once, and survives what {@link MaildirSync} says, by default a loss of power: it is written to {@code tmp/}, the file is
 * written to the disk, moved to {@code new/}, and the directory is written to the disk. Messages that come together share the
 * latter.
 *
 * <pre>{@code
 * MaildirHandler maildir = new MaildirHandler(Path.of("/var/mail/inbox"));
 * SmtpServer server = SmtpServer.create(vertx, maildir);
 * }</pre>
 *
 * <p>The body is written while it arrives, so that a message costs no more memory than its first 64 KiB or so, however large
 * it is. Files are worked with on threads of the handler's own. What cannot be stored is answered {@code 452 4.3.1} when the
 * disk is full and {@code 451 4.3.0} otherwise; nothing of it remains, and the client comes again.
 *
 * <p>On top of each message stand {@code Return-Path}, {@code Received} (RFC 5321 §4.4), {@code X-Peer}, {@code X-MailFrom} and
 * {@code X-RcptTo}; but for {@code Received}, fields of these names that the client sent are left out. A message that goes
 * into several Maildirs has no {@code X-RcptTo}, so that none learns of the others.
 *
 * <p>One handler serves any number of connections on any number of event loops. {@link #close()} it when its servers have
 * stopped.
 */
public final class MaildirHandler implements SmtpHandler {

    /** What may be the name of a directory: no separator, no dot in front, nothing that a shell or a terminal takes up. */
    private static final Predicate<String> MAILBOX_NAME =
            Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.@+=-]{0,127}").asMatchPredicate();

    private static final String SHARED = "";

    private static final Reply NO_SUCH_MAILBOX = Reply.of(550, "5.1.1", "No such mailbox here");

    private final Path directory;
    private final MaildirOptions options;
    private final Function<Recipient, Optional<String>> mailboxes;
    private final UniqueNames names;
    private final boolean shared;
    private final FileThreads threads;
    private final Map<String, Maildir> maildirs = new ConcurrentHashMap<>();
    private final OpenMessages<Delivery> open =
            new OpenMessages<>(Delivery::isWhole, left -> left.abort(new IOException("the message was given up")));

    /** Stores all messages in one Maildir. */
    public MaildirHandler(Path directory) {
        this(directory, new MaildirOptions());
    }

    /** Stores all messages in one Maildir, which is made when it is not there. */
    public MaildirHandler(Path directory, MaildirOptions options) {
        this(directory, options, recipient -> Optional.of(SHARED), true);
    }

    /**
     * Stores each message in the Maildirs of its recipients, which are directories below {@code directory}, and are made
     * when they are not there.
     *
     * <p>A recipient without a mailbox is refused with {@code 550 5.1.1} at RCPT. So is one whose mailbox has a name that is
     * anything but up to 128 ASCII letters, digits and {@code _ . @ + = -}, with a letter, digit or underscore in front: no
     * address leads out of {@code directory}.
     *
     * @param mailboxes gives the name of a recipient's directory, empty when there is no such mailbox; called on the context
     *     of the session, at RCPT and again when the message comes, and must not block
     */
    public MaildirHandler(Path directory, MaildirOptions options, Function<Recipient, Optional<String>> mailboxes) {
        this(directory, options, recipient -> mailboxes.apply(recipient).filter(MAILBOX_NAME), false);
    }

    private MaildirHandler(
            Path directory, MaildirOptions options, Function<Recipient, Optional<String>> mailboxes, boolean shared) {
        this.directory = directory.toAbsolutePath();
        this.options = new MaildirOptions(options);
        this.mailboxes = mailboxes;
        this.shared = shared;
        this.names = new UniqueNames(options.getHostName());
        this.threads = new FileThreads(options.getFileThreads(), options.getSync());
    }

    /**
     * Makes the Maildir that all messages go to, and removes what others have left in its {@code tmp/}; or, when each
     * recipient has one, the directory that they are in. The first message does this as well: call it to learn at the start
     * whether it works.
     *
     * @return fails with an {@link IOException} when it does not
     */
    public Future<Void> prepare() {
        Promise<Void> prepared = Promise.promise();
        FileWork.Step step = shared
                ? maildir(SHARED)::prepare
                : () -> Directories.make(directory, options.getSync() == MaildirSync.FULL);
        if (!threads.execute(new FileWork.Prepare(step, prepared))) {
            prepared.fail(new IllegalStateException("the handler is closed"));
        }
        return prepared.future();
    }

    /** Content is written as it comes. */
    @Override
    public boolean holdsMessages() {
        return false;
    }

    /** Accepts recipients that have a mailbox, and refuses others with {@code 550 5.1.1}. */
    @Override
    public Future<Reply> handleRcpt(Session session, Envelope envelope, Recipient recipient) {
        return Future.succeededFuture(mailboxes.apply(recipient).isPresent() ? Replies.RECIPIENT_OK : NO_SUCH_MAILBOX);
    }

    /** Answers with the {@link Reply#worstOf worst} of what there is to say about each recipient. */
    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        return handleDataPerRecipient(session, envelope, body).map(Reply::worstOf);
    }

    /** Stores the message for all recipients whose Maildirs work. */
    @Override
    public Future<List<Reply>> handleDataPerRecipient(Session session, Envelope envelope, ReadStream<Buffer> body) {
        List<Optional<Maildir>> targets = envelope.recipients().stream()
                .map(recipient -> mailboxes.apply(recipient).map(this::maildir))
                .toList();
        List<Maildir> distinct =
                targets.stream().flatMap(Optional::stream).distinct().toList();
        if (distinct.isEmpty()) {
            return Future.succeededFuture(
                    targets.stream().map(none -> NO_SUCH_MAILBOX).toList());
        }
        return deliver(session, envelope, body, distinct)
                .map(replies -> targets.stream()
                        .map(target -> target.map(maildir -> replies.get(distinct.indexOf(maildir)))
                                .orElse(NO_SUCH_MAILBOX))
                        .toList());
    }

    private Future<List<Reply>> deliver(
            Session session, Envelope envelope, ReadStream<Buffer> body, List<Maildir> targets) {
        Instant now = Instant.now();
        String name = names.next(now);
        MessageFile file = new MessageFile(session.id(), name, targets);
        HeaderEditor header = MessageHead.editor(session, envelope, UniqueNames.id(name), now, targets.size() == 1);
        boolean binary = envelope.sender()
                .map(sender -> sender.parameters().body() == BodyType.BINARYMIME)
                .orElse(false);
        boolean unixLines = options.getLineEnds() == MaildirLineEnds.LF && !binary;
        Delivery delivery = new Delivery(Contexts.of(session), threads, file, header, unixLines);
        open.add(session, delivery);
        return delivery.of(body).onComplete(done -> open.remove(session, delivery));
    }

    private Maildir maildir(String name) {
        return maildirs.computeIfAbsent(
                name,
                known -> new Maildir(
                        directory.resolve(known), options.getSync() == MaildirSync.FULL, options.getStaleAfter()));
    }

    /** Nothing remains of a message that was not whole. */
    @Override
    public void handleDisconnect(Session session) {
        open.giveUp(session);
    }

    /**
     * Ends the threads of this handler when what they were given is done. Messages that are not whole by then are removed;
     * those that come later are answered {@code 421 4.3.2}.
     *
     * @return completes on any thread, when nothing works with files any more
     */
    public Future<Void> close() {
        return threads.close();
    }
}
