package io.postern.smtp.testkit.web;

import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What stands behind the question mark of a request. */
final class RequestParameters {

    private RequestParameters() {}

    /** A part of the path that the route names. */
    static String path(RoutingContext request, String name) {
        return Objects.requireNonNull(request.pathParam(name), name);
    }

    /** A parameter that is given, and not empty. */
    static Optional<String> text(RoutingContext request, String name) {
        List<String> values = request.queryParam(name);
        return values.stream().findFirst().filter(value -> !value.isEmpty());
    }

    /** A number; empty when something is given that is none, or that is not allowed. */
    static Optional<Integer> whole(RoutingContext request, String name, int otherwise, int min, int max) {
        Optional<String> text = text(request, name);
        if (text.isEmpty()) {
            return Optional.of(otherwise);
        }
        return text.filter(digits -> digits.matches("[0-9]{1,9}"))
                .map(Integer::valueOf)
                .filter(number -> number >= min && number <= max);
    }

    static MailQuery query(RoutingContext request) {
        return MailQuery.of(
                text(request, "query").orElse(""),
                text(request, "to"),
                text(request, "from"),
                text(request, "subject"),
                text(request, "after"));
    }
}
