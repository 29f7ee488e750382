package io.postern.smtp.sasl;

import io.postern.smtp.sasl.Dialogue.Next;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * OAUTHBEARER (RFC 7628) and its forerunner XOAUTH2: key=value pairs, each ended by an octet 1, and one more of them at the
 * end. A refusal is told as JSON first; the exchange fails when the client has answered that.
 */
record BearerMechanism(Kind kind, Authenticator<? super Credentials.Token> authenticator) implements SaslMechanism {

    enum Kind {
        OAUTHBEARER("{\"status\":\"invalid_token\",\"schemes\":\"bearer\"}"),
        XOAUTH2("{\"status\":\"401\",\"schemes\":\"bearer\"}");

        private final String refusal;

        Kind(String refusal) {
            this.refusal = refusal;
        }
    }

    private static final String SEPARATOR = "\u0001";
    // RFC 6750 §2.1: "Bearer" 1*SP b64token; RFC 7235 §2.1: the scheme in any case
    private static final Pattern BEARER = Pattern.compile("bearer +([A-Za-z0-9._~+/-]+=*)", Pattern.CASE_INSENSITIVE);

    @Override
    public String name() {
        return kind.name();
    }

    @Override
    public boolean exposesSecret() {
        return true;
    }

    @Override
    public SaslExchange begin(SaslContext context) {
        return Dialogue.clientFirst(message -> Text.utf8(message)
                .flatMap(this::parse)
                .map(request -> respond(request, context))
                .orElseGet(Next::malformed));
    }

    private record Request(String user, String authorization) {}

    private Optional<Request> parse(String message) {
        return switch (kind) {
            case OAUTHBEARER -> Gs2Header.parse(message).flatMap(header -> parseOauthBearer(header, message));
            case XOAUTH2 -> pairs(message).flatMap(BearerMechanism::parseXoauth2);
        };
    }

    // client-resp = (gs2-header kvsep *kvpair kvsep), RFC 7628 §3.1
    private static Optional<Request> parseOauthBearer(Gs2Header header, String message) {
        String rest = message.substring(header.text().length());
        // no channel binding is defined for it
        if (header.flag() == 'p' || !rest.startsWith(SEPARATOR)) {
            return Optional.empty();
        }
        return pairs(rest.substring(1))
                .map(pairs -> new Request(header.authorizationId(), pairs.getOrDefault("auth", "")));
    }

    private static Optional<Request> parseXoauth2(Map<String, String> pairs) {
        return Optional.ofNullable(pairs.get("user"))
                .filter(Text::isName)
                .map(user -> new Request(user, pairs.getOrDefault("auth", "")));
    }

    private Future<Next> respond(Request request, SaslContext context) {
        Matcher bearer = BEARER.matcher(request.authorization());
        if (!bearer.matches()) {
            // also a client that only asks what is needed, RFC 7628 §4.3
            return refuse();
        }
        return authenticator
                .authenticate(new Credentials.Token(request.user(), bearer.group(1)), context)
                .compose(identity -> Dialogue.conclude(identity, request.user()))
                .compose(next -> next.step() instanceof SaslStep.Failure ? refuse() : Future.succeededFuture(next));
    }

    private Future<Next> refuse() {
        // RFC 7628 §3.2.3: the client answers with an octet 1, in XOAUTH2 with nothing; it fails whatever that is
        return Next.challenge(
                kind.refusal.getBytes(StandardCharsets.US_ASCII),
                anything -> Next.failure(SaslFailure.CREDENTIALS_INVALID));
    }

    // kvpair = key "=" value kvsep; the list ends with one more kvsep
    private static Optional<Map<String, String>> pairs(String text) {
        if (!text.endsWith(SEPARATOR)) {
            return Optional.empty();
        }
        Map<String, String> pairs = new HashMap<>();
        String list = text.substring(0, text.length() - 1);
        if (list.isEmpty()) {
            return Optional.of(pairs);
        }
        if (!list.endsWith(SEPARATOR)) {
            return Optional.empty();
        }
        for (String pair : list.substring(0, list.length() - 1).split(SEPARATOR, -1)) {
            int equals = pair.indexOf('=');
            if (equals < 1 || pairs.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
                return Optional.empty();
            }
        }
        return Optional.of(pairs);
    }
}
