package io.postern.smtp.testkit.junit;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.sasl.Authenticator;
import io.postern.smtp.sasl.Credentials;
import io.postern.smtp.sasl.Identity;
import io.postern.smtp.sasl.SaslContext;
import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.MessageSource;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.RecordingHandler;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Puts each message into the inbox of the test that its client logged in for, or else into those of the tests that own the
 * domains of its recipients. Mail for a test that is over is lost, and no other's.
 */
final class Sorting implements SmtpHandler, MessageSource, Authenticator<Credentials.Password> {

    private final InstantSource clock;
    private final Map<String, Inbox> open = new ConcurrentHashMap<>();
    /** All that there have been, by domain. */
    private final Map<String, Inbox> byDomain = new ConcurrentHashMap<>();
    /** All that there have been, by username. */
    private final Map<String, Inbox> byUsername = new ConcurrentHashMap<>();

    private final List<ReceivedMessage> lost = new CopyOnWriteArrayList<>();
    private final AtomicLong opened = new AtomicLong();
    private final List<Consumer<? super ReceivedMessage>> observers = new CopyOnWriteArrayList<>();

    Sorting(InstantSource clock) {
        this.clock = clock;
    }

    /** An inbox with a domain and credentials that no other has had. */
    Inbox open() {
        Inbox inbox = new Inbox("t" + opened.incrementAndGet() + ".example.test");
        byDomain.put(inbox.domain(), inbox);
        byUsername.put(inbox.username(), inbox);
        open.put(inbox.domain(), inbox);
        return inbox;
    }

    /** From now on nothing is put into this inbox. */
    synchronized void close(Inbox inbox) {
        open.remove(inbox.domain());
    }

    /** The messages so far that were for no inbox that was open. */
    List<ReceivedMessage> lost() {
        return List.copyOf(lost);
    }

    /** Takes the credentials of all inboxes, also of those that are closed: their mail is lost, which somebody should hear. */
    @Override
    public Future<Optional<Identity>> authenticate(Credentials.Password credentials, SaslContext context) {
        Inbox inbox = byUsername.get(credentials.authenticationId());
        return inbox == null
                ? Future.succeededFuture(Optional.empty())
                : inbox.authenticator().authenticate(credentials, context);
    }

    /** Accepts the message; it is in its inboxes before the client reads so. */
    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        RecordingHandler one = new RecordingHandler(clock);
        return one.handleData(session, envelope, body).map(reply -> {
            one.messages().forEach(this::sort);
            return Replies.MESSAGE_ACCEPTED;
        });
    }

    @Override
    public void observe(Consumer<? super ReceivedMessage> observer) {
        observers.add(observer);
    }

    private synchronized void sort(ReceivedMessage message) {
        Set<Inbox> owners = owners(message);
        if (owners.isEmpty()) {
            lost.add(message);
        }
        owners.forEach(inbox -> inbox.add(message));
        observers.forEach(observer -> observer.accept(message));
    }

    private Set<Inbox> owners(ReceivedMessage message) {
        Optional<Inbox> loggedIn =
                message.authenticated().map(Identity::authenticationId).map(byUsername::get);
        if (loggedIn.isPresent()) {
            return loggedIn.filter(this::isOpen).map(Set::of).orElseGet(Set::of);
        }
        Set<Inbox> owners = new LinkedHashSet<>();
        for (Recipient recipient : message.recipients()) {
            owner(recipient).ifPresent(owners::add);
        }
        return owners;
    }

    private Optional<Inbox> owner(Recipient recipient) {
        Inbox own = byDomain.get(recipient.mailbox().domain().toLowerCase(Locale.ROOT));
        if (own != null) {
            return Optional.of(own).filter(this::isOpen);
        }
        List<Inbox> all = new ArrayList<>(open.values());
        return all.size() == 1 ? Optional.of(all.get(0)) : Optional.empty();
    }

    private boolean isOpen(Inbox inbox) {
        return open.containsKey(inbox.domain());
    }
}
