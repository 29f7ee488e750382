package io.postern.smtp.testkit.web;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keeps other pages out. A browser on this machine may have some open that would read the mail or delete it:
 *
 * <ul>
 *   <li>one whose name leads here after it was loaded (DNS rebinding) still asks by that name, and is refused;
 *   <li>any other is a stranger by the same-origin policy: it gets no permission to read answers, and what changes something
 *       is refused;
 *   <li>answers say that they are to be no part of another page, and are not to be kept.
 * </ul>
 */
final class RequestGuard implements Handler<RoutingContext> {

    private static final Set<HttpMethod> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD);

    private static final String NOTHING =
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    /** IPv4, or IPv6 with or without brackets; no name can look like one. */
    private static final Pattern ADDRESS =
            Pattern.compile("[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|\\[?[0-9a-fA-F.]*:[0-9a-fA-F:.]*]?");

    private final Set<String> names = new HashSet<>();

    RequestGuard(InboxPageOptions options) {
        names.add("localhost");
        names.add(options.getHost().toLowerCase(Locale.ROOT));
        options.getHostNames().forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        context.response()
                .putHeader("Content-Security-Policy", NOTHING)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("X-DNS-Prefetch-Control", "off")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader("Cache-Control", "no-store");
        HostAndPort authority = request.authority();
        if (authority == null || !isOurs(authority.host())) {
            Answers.error(context, 421, "the inbox page is not known by this name; see its option hostNames");
        } else if (!READING.contains(request.method()) && isOfAnotherPage(request.headers())) {
            Answers.error(context, 403, "another page must not change anything here");
        } else {
            context.next();
        }
    }

    /** Whether it is a name of ours, or an address: nobody can make one lead elsewhere. */
    private boolean isOurs(String host) {
        return ADDRESS.matcher(host).matches() || names.contains(host.toLowerCase(Locale.ROOT));
    }

    /** A browser tells where a request comes from; programs that are no browsers need not. */
    private static boolean isOfAnotherPage(MultiMap headers) {
        @Nullable String origin = headers.get("Origin");
        @Nullable String site = headers.get("Sec-Fetch-Site");
        return (origin != null && !origin.equalsIgnoreCase("http://" + headers.get("Host")))
                || (site != null && !site.equals("same-origin") && !site.equals("none"));
    }
}
