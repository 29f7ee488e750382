package io.postern.smtp.testkit.junit;

import io.postern.smtp.Envelope;
import io.postern.smtp.Recipient;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.MessageSource;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.RecordingHandler;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
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

/** Puts each message into the inboxes of the tests that own the domains of its recipients. */
final class Sorting implements SmtpHandler, MessageSource {

    private final Map<String, Inbox> open = new ConcurrentHashMap<>();
    private final List<ReceivedMessage> lost = new CopyOnWriteArrayList<>();
    private final AtomicLong opened = new AtomicLong();
    private final List<Consumer<? super ReceivedMessage>> observers = new CopyOnWriteArrayList<>();

    /** An inbox with a domain that no other has. */
    Inbox open() {
        Inbox inbox = new Inbox("t" + opened.incrementAndGet() + ".example.test");
        open.put(inbox.domain(), inbox);
        return inbox;
    }

    void close(Inbox inbox) {
        open.remove(inbox.domain());
    }

    /** The messages so far that were for no inbox that was open. */
    List<ReceivedMessage> lost() {
        return List.copyOf(lost);
    }

    /** Accepts the message; it is in its inboxes before the client reads so. */
    @Override
    public Future<Reply> handleData(Session session, Envelope envelope, ReadStream<Buffer> body) {
        RecordingHandler one = new RecordingHandler();
        return one.handleData(session, envelope, body).map(reply -> {
            one.messages().forEach(this::sort);
            return Replies.MESSAGE_ACCEPTED;
        });
    }

    @Override
    public void observe(Consumer<? super ReceivedMessage> observer) {
        observers.add(observer);
    }

    private void sort(ReceivedMessage message) {
        Set<Inbox> owners = new LinkedHashSet<>();
        for (Recipient recipient : message.recipients()) {
            owner(recipient).ifPresent(owners::add);
        }
        if (owners.isEmpty()) {
            lost.add(message);
        }
        owners.forEach(inbox -> inbox.add(message));
        observers.forEach(observer -> observer.accept(message));
    }

    private Optional<Inbox> owner(Recipient recipient) {
        Inbox own = open.get(recipient.mailbox().domain().toLowerCase(Locale.ROOT));
        if (own != null) {
            return Optional.of(own);
        }
        List<Inbox> all = new ArrayList<>(open.values());
        return all.size() == 1 ? Optional.of(all.get(0)) : Optional.empty();
    }
}
