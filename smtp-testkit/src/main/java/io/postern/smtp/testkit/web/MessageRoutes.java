package io.postern.smtp.testkit.web;

import io.postern.smtp.testkit.ParsedMail;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** What is answered about messages. */
final class MessageRoutes {

    private static final System.Logger LOG = System.getLogger(MessageRoutes.class.getName());

    private static final int DEFAULT_LIMIT = 50;
    private static final int MAX_LIMIT = 500;

    private static final String NOT_THERE = "there is no such message";

    private final MailStore store;
    private final MessageReader reader;
    private final Waiting waiting;
    private final Supplier<List<String>> receivingAt;

    MessageRoutes(Vertx vertx, MailStore store, MessageReader reader, Supplier<List<String>> receivingAt) {
        this.store = store;
        this.reader = reader;
        this.waiting = new Waiting(vertx, store);
        this.receivingAt = receivingAt;
    }

    void addTo(Router router) {
        router.get("/api/messages").handler(this::list);
        router.delete("/api/messages").handler(this::clear);
        router.get("/api/messages/wait").handler(this::await);
        router.get("/api/messages/:id").handler(about(this::show));
        router.delete("/api/messages/:id").handler(about(this::delete));
        router.get("/api/messages/:id/raw").handler(about(this::raw));
        router.get("/api/messages/:id/text").handler(about(this::text));
        router.get("/api/messages/:id/html").handler(about(this::html));
        router.get("/api/messages/:id/parts/:number").handler(about(this::part));
    }

    private Handler<RoutingContext> about(BiConsumer<RoutingContext, StoredMail> answer) {
        return request -> store.get(RequestParameters.path(request, "id"))
                .ifPresentOrElse(mail -> answer.accept(request, mail), () -> Answers.error(request, 404, NOT_THERE));
    }

    private void list(RoutingContext request) {
        Optional<Integer> limit = RequestParameters.whole(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT);
        if (limit.isEmpty()) {
            Answers.error(request, 400, "limit is a whole number of 1 to " + MAX_LIMIT);
            return;
        }
        List<StoredMail> found = store.find(
                RequestParameters.query(request), RequestParameters.text(request, "before"), limit.get() + 1);
        JsonArray messages = new JsonArray();
        found.stream().limit(limit.get()).map(StoredMail::summary).forEach(messages::add);
        Answers.send(
                request,
                new JsonObject()
                        .put("messages", messages)
                        .put("more", found.size() > limit.get())
                        .put("total", store.size())
                        .put("receivingAt", new JsonArray(receivingAt.get())));
    }

    private void await(RoutingContext request) {
        Optional<Integer> seconds =
                RequestParameters.whole(request, "timeout", Waiting.DEFAULT_SECONDS, 0, Waiting.MAX_SECONDS);
        if (seconds.isEmpty()) {
            Answers.error(request, 400, "timeout is a whole number of seconds, 0 to " + Waiting.MAX_SECONDS);
            return;
        }
        waiting.await(request, RequestParameters.query(request), seconds.get(), mail -> show(request, mail));
    }

    private void show(RoutingContext request, StoredMail mail) {
        answer(
                request,
                reader.read(mail, parsed -> MailView.of(mail, parsed).toBuffer()),
                view -> Answers.send(request, 200, view));
    }

    private void raw(RoutingContext request, StoredMail mail) {
        answer(
                request,
                reader.content(mail),
                content -> Download.sendMessage(request.response(), mail.id() + ".eml", content));
    }

    private void text(RoutingContext request, StoredMail mail) {
        answer(
                request,
                reader.read(mail, parsed -> parsed.map(ParsedMail::text).orElse("")),
                text -> request.response()
                        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
                        .end(text));
    }

    private void html(RoutingContext request, StoredMail mail) {
        answer(
                request,
                reader.read(
                        mail,
                        parsed -> parsed.filter(read -> !read.html().isEmpty()).map(SafeHtml::document)),
                document -> document.ifPresentOrElse(
                        html -> request.response()
                                .putHeader("Content-Security-Policy", SafeHtml.POLICY)
                                .putHeader(HttpHeaders.CONTENT_TYPE, "text/html; charset=utf-8")
                                .end(html),
                        () -> Answers.error(request, 404, "the message has no HTML")));
    }

    private void part(RoutingContext request, StoredMail mail) {
        String number = RequestParameters.path(request, "number");
        int index = number.matches("[0-9]{1,6}") ? Integer.parseInt(number) : -1;
        answer(
                request,
                reader.read(
                        mail,
                        parsed -> parsed.map(ParsedMail::attachments)
                                .filter(parts -> index >= 0 && index < parts.size())
                                .map(parts -> parts.get(index))),
                found -> found.ifPresentOrElse(
                        part -> Download.send(request.response(), part.name(), part.contentType(), part.content()),
                        () -> Answers.error(request, 404, "the message has no such part")));
    }

    private void delete(RoutingContext request, StoredMail mail) {
        answer(request, store.delete(mail.id()), deleted -> {
            reader.forget();
            Answers.send(request, new JsonObject().put("deleted", deleted ? 1 : 0));
        });
    }

    private void clear(RoutingContext request) {
        answer(request, store.clear(), count -> {
            reader.forget();
            Answers.send(request, new JsonObject().put("deleted", count));
        });
    }

    /** What was deleted while it was read is not there any more; other faults are in the log. */
    private static <T> void answer(RoutingContext request, Future<T> future, Handler<? super T> answer) {
        future.onComplete(
                result -> {
                    HttpServerResponse response = request.response();
                    if (!response.closed()) {
                        answer.handle(result);
                    }
                },
                cause -> {
                    if (cause instanceof NoSuchFileException) {
                        Answers.error(request, 404, NOT_THERE);
                    } else {
                        LOG.log(System.Logger.Level.WARNING, "a message cannot be read", cause);
                        Answers.error(request, 500, "the message cannot be read");
                    }
                });
    }
}
