package io.postern.smtp.testkit.web;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;

/** Answers in JSON. An error says what is wrong with the request, never what went wrong in here. */
final class Answers {

    private static final System.Logger LOG = System.getLogger(Answers.class.getName());

    private static final Map<Integer, String> ERRORS = Map.of(
            400, "the request cannot be understood",
            404, "there is nothing here",
            405, "this cannot be done here",
            413, "the request is too large",
            500, "something went wrong");

    private Answers() {}

    static void send(RoutingContext request, JsonObject body) {
        send(request, 200, body.toBuffer());
    }

    static void error(RoutingContext request, int status, String text) {
        send(request, status, new JsonObject().put("error", text).toBuffer());
    }

    /** @param body JSON */
    static void send(RoutingContext request, int status, Buffer body) {
        if (!request.response().ended() && !request.response().closed()) {
            request.response()
                    .setStatusCode(status)
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/json; charset=utf-8")
                    .end(body);
        }
    }

    static void addErrorsTo(Router router) {
        ERRORS.forEach((status, text) -> router.errorHandler(status, request -> {
            Throwable failure = request.failure();
            if (status == 500 && failure != null) {
                LOG.log(System.Logger.Level.WARNING, "a request to the inbox page failed", failure);
            }
            error(request, status, text);
        }));
    }
}
