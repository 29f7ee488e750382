package io.postern.smtp.sasl;

import io.vertx.core.Future;

/**
 * The dialogue of one AUTH command. A client that sends an initial response has it handed to {@link #onResponse}, and
 * {@link #firstStep} is not called; otherwise {@code firstStep} gives the first challenge. After every
 * {@link SaslStep.Challenge} comes one {@code onResponse}, until a success or a failure ends the exchange.
 *
 * <p>Both are called on the connection's context, never while a step is awaited. The future may complete on any thread.
 * The exchanges of this package neither throw nor return a future that fails; whatever goes wrong is a
 * {@link SaslStep.Failure}. A client that cancels (RFC 4954 §4) or goes away is not told; the exchange is dropped.
 */
public interface SaslExchange {

    /** The first step without an initial response; empty in mechanisms where the client begins (RFC 4954 §4). */
    default Future<SaslStep> firstStep() {
        return Future.succeededFuture(SaslStep.Challenge.EMPTY);
    }

    /** What the client sent, base64 removed; an initial response of {@code =} is an empty array. */
    Future<SaslStep> onResponse(byte[] response);
}
