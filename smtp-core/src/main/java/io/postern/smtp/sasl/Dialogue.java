package io.postern.smtp.sasl;

import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * An exchange as a chain of turns: each takes one response and tells the next step, with the turn that follows a
 * challenge. Nothing leaves it but steps: an exception and a failed future become a {@link SaslStep.Failure}.
 */
final class Dialogue implements SaslExchange {

    /** What is done with one response. */
    @FunctionalInterface
    interface Turn {
        Future<Next> take(byte[] response);
    }

    /** The step to be sent, and the turn that takes the response to it. */
    record Next(SaslStep step, Turn turn) {

        static Future<Next> challenge(byte[] data, Turn turn) {
            return Future.succeededFuture(new Next(new SaslStep.Challenge(data), turn));
        }

        static Future<Next> failure(SaslFailure reason) {
            return Future.succeededFuture(new Next(new SaslStep.Failure(reason), OVER));
        }

        static Future<Next> malformed() {
            return failure(SaslFailure.MALFORMED);
        }

        static Future<Next> success(Identity identity) {
            return Future.succeededFuture(new Next(new SaslStep.Success(identity), OVER));
        }
    }

    /** A response that nobody asked for. */
    private static final Turn OVER = response -> Next.malformed();

    private final Supplier<Future<Next>> opening;
    private Turn turn;

    private Dialogue(Supplier<Future<Next>> opening, Turn turn) {
        this.opening = opening;
        this.turn = turn;
    }

    /** The client begins; without an initial response it is asked for one with an empty challenge. */
    static Dialogue clientFirst(Turn first) {
        return new Dialogue(() -> Next.challenge(new byte[0], first), first);
    }

    /** The server begins with a prompt, but a client may send its answer as an initial response. */
    static Dialogue prompt(byte[] prompt, Turn first) {
        return new Dialogue(() -> Next.challenge(prompt, first), first);
    }

    /** The server begins; RFC 4954 §4: an initial response is an error then. */
    static Dialogue serverFirst(Supplier<Future<Next>> opening) {
        return new Dialogue(opening, OVER);
    }

    @Override
    public Future<SaslStep> firstStep() {
        return advance(opening);
    }

    @Override
    public Future<SaslStep> onResponse(byte[] response) {
        Turn now = turn;
        return advance(() -> now.take(response));
    }

    private Future<SaslStep> advance(Supplier<Future<Next>> next) {
        turn = OVER;
        Future<Next> taken;
        try {
            taken = next.get();
        } catch (RuntimeException broken) {
            taken = Future.failedFuture(broken);
        }
        return taken.map(told -> {
                    turn = told.turn();
                    return told.step();
                })
                .otherwise(cause -> new SaslStep.Failure(SaslFailure.TEMPORARILY_UNAVAILABLE, Optional.of(cause)));
    }

    /** The end of an exchange whose credentials an authenticator judges. */
    static <C extends Credentials> Future<Next> judge(
            Authenticator<? super C> authenticator, C credentials, SaslContext context) {
        return authenticator
                .authenticate(credentials, context)
                .compose(identity -> conclude(identity, credentials.authorizationId()));
    }

    /** Lets in whom the authenticator named, unless the client asked to be someone else (RFC 4422 §3.4.1). */
    static Future<Next> conclude(Optional<Identity> identity, String authorizationId) {
        return identity.filter(named ->
                        authorizationId.isEmpty() || named.authorizationId().equals(authorizationId))
                .map(Next::success)
                .orElseGet(() -> Next.failure(SaslFailure.CREDENTIALS_INVALID));
    }
}
