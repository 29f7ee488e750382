package io.postern.smtp.testkit.web;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells pages what changes, as server-sent events: {@code added} with the summary of a message, {@code removed} with its id,
 * {@code cleared}. A page that connects, for the first time or again, asks for the list; so no event has to be kept for it.
 */
final class EventStreams implements MailStore.Listener {

    private static final int MAX_STREAMS = 50;
    /** So that what stands in between does not take the silence for the end. */
    private static final long SIGN_OF_LIFE_MILLIS = 15_000;

    private static final String RECONNECT = "retry: 1000\n: hello\n\n";
    private static final String SIGN_OF_LIFE = ":\n\n";

    private record Stream(HttpServerResponse response, Context context) {

        /** A reader that is too slow is cut off, and reads the list anew when it is back. */
        void write(String event) {
            context.runOnContext(on -> {
                if (response.closed() || response.ended()) {
                    return;
                }
                if (response.writeQueueFull()) {
                    response.reset();
                } else {
                    response.write(event);
                }
            });
        }
    }

    private final Vertx vertx;
    private final MailStore store;
    private final Set<Stream> streams = ConcurrentHashMap.newKeySet();
    private volatile long timer = -1;

    EventStreams(Vertx vertx, MailStore store) {
        this.vertx = vertx;
        this.store = store;
    }

    void addTo(Router router) {
        router.get("/api/events").handler(this::open);
        store.listen(this);
        timer = vertx.setPeriodic(SIGN_OF_LIFE_MILLIS, id -> tell(SIGN_OF_LIFE));
    }

    private void open(RoutingContext request) {
        if (streams.size() >= MAX_STREAMS) {
            Answers.error(request, 503, "too many pages are open already");
            return;
        }
        HttpServerResponse response = request.response();
        Stream stream = new Stream(response, vertx.getOrCreateContext());
        streams.add(stream);
        response.closeHandler(gone -> streams.remove(stream));
        response.exceptionHandler(broken -> streams.remove(stream));
        response.setChunked(true)
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8")
                .write(RECONNECT);
    }

    private void tell(String event) {
        streams.forEach(stream -> stream.write(event));
    }

    // JSON has no line ends in it, which would end the data
    private void tell(String name, JsonObject data) {
        tell("event: " + name + "\ndata: " + data.encode() + "\n\n");
    }

    @Override
    public void added(StoredMail mail) {
        tell("added", mail.summary());
    }

    @Override
    public void removed(String id) {
        tell("removed", new JsonObject().put("id", id));
    }

    @Override
    public void cleared() {
        tell("cleared", new JsonObject());
    }

    Future<Void> close() {
        store.unlisten(this);
        vertx.cancelTimer(timer);
        return Future.succeededFuture();
    }
}
