package io.postern.smtp.testkit.web;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Requests that are answered when a message comes. */
final class Waiting {

    static final int DEFAULT_SECONDS = 10;
    static final int MAX_SECONDS = 60;
    /** As many as a large suite of tests has in parallel. */
    private static final int MAX_WAITING = 200;

    private final Vertx vertx;
    private final MailStore store;
    private final AtomicInteger waiting = new AtomicInteger();

    Waiting(Vertx vertx, MailStore store) {
        this.vertx = vertx;
        this.store = store;
    }

    /**
     * Waits for a message of a kind.
     *
     * @param found called with the newest there is, or the first that comes, on the context of the request
     */
    void await(RoutingContext request, MailQuery kind, int seconds, Handler<StoredMail> found) {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            request.response().putHeader("Retry-After", "1");
            Answers.error(request, 503, "too many wait already");
            return;
        }
        Context context = vertx.getOrCreateContext();
        Promise<Optional<StoredMail>> end = Promise.promise();
        MailStore.Listener arrivals = new Arrivals(kind, end);
        store.listen(arrivals); // before we look: else one might come in between
        List<StoredMail> there = store.find(kind, Optional.empty(), 1);
        if (!there.isEmpty()) {
            end.tryComplete(Optional.of(there.get(0)));
        }
        long timer = vertx.setTimer(
                Math.max(1, TimeUnit.SECONDS.toMillis(seconds)), id -> end.tryComplete(Optional.empty()));
        request.response().closeHandler(gone -> end.tryComplete(Optional.empty()));
        Future<Optional<StoredMail>> ended = end.future();
        ended.onSuccess(mail -> {
            waiting.decrementAndGet();
            store.unlisten(arrivals);
            vertx.cancelTimer(timer);
            context.runOnContext(on -> mail.ifPresentOrElse(
                    found::handle,
                    () -> Answers.error(request, 404, "no such message has come within " + seconds + " s")));
        });
    }

    private record Arrivals(MailQuery kind, Promise<Optional<StoredMail>> end) implements MailStore.Listener {

        @Override
        public void added(StoredMail mail) {
            if (kind.test(mail)) {
                end.tryComplete(Optional.of(mail));
            }
        }

        @Override
        public void removed(String id) {}

        @Override
        public void cleared() {}
    }
}
