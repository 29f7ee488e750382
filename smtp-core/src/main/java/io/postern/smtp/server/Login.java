package io.postern.smtp.server;

import io.postern.smtp.ClientOverride;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpMetrics;
import io.postern.smtp.protocol.SmtpEngine;
import io.postern.smtp.sasl.SaslExchange;
import io.postern.smtp.sasl.SaslFailure;
import io.postern.smtp.sasl.SaslStep;
import io.vertx.core.Future;
import io.vertx.core.net.NetSocket;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a client authenticates itself: leads the exchange with the mechanism, and slows down who guesses. */
final class Login {

    private static final Logger LOG = SmtpConnection.LOG;

    private final SmtpConnection connection;
    private final Questions questions;
    private final ConnectionSession session;
    private final SmtpEngine engine;
    private final ServerSettings settings;
    private final NetSocket socket;
    private final AuthThrottle throttle;
    private final Deadlines deadlines;
    private final SmtpMetrics metrics;

    private String mechanism = "";
    private @Nullable SaslExchange exchange;
    /** Whether the answer is there, and its reply is held back. */
    private boolean holdingBack;

    Login(
            SmtpConnection connection,
            Questions questions,
            ConnectionSession session,
            SmtpEngine engine,
            VertxSmtpServer server,
            ServerSettings settings,
            NetSocket socket,
            AuthThrottle throttle) {
        this.connection = connection;
        this.questions = questions;
        this.session = session;
        this.engine = engine;
        this.settings = settings;
        this.socket = socket;
        this.throttle = throttle;
        this.deadlines = server.deadlines();
        this.metrics = server.metrics();
    }

    void begin(String name, Optional<byte[]> initialResponse) {
        mechanism = name;
        questions.ask(
                () -> {
                    SaslExchange begun = new Authentication(settings, socket, session.peer()).begin(name);
                    exchange = begun;
                    return initialResponse.isPresent() ? begun.onResponse(initialResponse.get()) : begun.firstStep();
                },
                this::goOn);
    }

    void respond(byte[] response) {
        SaslExchange current = Objects.requireNonNull(exchange);
        questions.ask(() -> current.onResponse(response), this::goOn);
    }

    void abort() {
        exchange = null;
    }

    /** Whether there is an answer that the client is to wait for. */
    boolean isHoldingBack() {
        return holdingBack;
    }

    private void goOn(Future<SaslStep> next) {
        SaslStep given = next.succeeded() ? next.result() : null;
        SaslStep step = given != null
                ? given
                : new SaslStep.Failure(
                        SaslFailure.TEMPORARILY_UNAVAILABLE,
                        Optional.of(next.succeeded() ? new IllegalStateException("no step was given") : next.cause()));
        if (step instanceof SaslStep.Challenge challenge) {
            engine.challenge(challenge.data());
        } else if (step instanceof SaslStep.Success success) {
            exchange = null;
            session.authenticated(success.identity());
            metrics.authSucceeded(mechanism);
            throttle.succeeded(clientAddress());
            LOG.log(Level.DEBUG, () -> session.id() + ": authenticated as " + success.identity());
            engine.answer(Replies.AUTHENTICATED);
        } else if (step instanceof SaslStep.Failure failure) {
            exchange = null;
            fail(failure);
        }
    }

    private void fail(SaslStep.Failure failure) {
        metrics.authFailed(mechanism, failure.reason());
        failure.cause()
                .ifPresent(cause -> LOG.log(Level.ERROR, session.id() + ": authentication is not possible", cause));
        // a guess is slowed down; what went wrong on our side, or was not even an answer, is none
        Duration delay = failure.reason() == SaslFailure.CREDENTIALS_INVALID
                ? Duration.ofMillis(
                        throttle.failed(clientAddress(), settings.options().getAuthFailureDelay(), deadlines.now()))
                : Duration.ZERO;
        answerLater(delay, Authentication.reply(failure.reason()));
    }

    /** Whom a failure is held against: the clients of one that speaks for others are told apart. */
    private String clientAddress() {
        return session.clientOverride()
                .flatMap(ClientOverride::address)
                .orElseGet(() -> ClientAddress.of(session.originalPeer()));
    }

    private void answerLater(Duration delay, Reply reply) {
        if (delay.isZero()) {
            engine.answer(reply);
            return;
        }
        holdingBack = true;
        deadlines.after(delay, () -> {
            holdingBack = false;
            if (engine.awaitsAnswer()) {
                connection.drive(() -> engine.answer(reply));
            }
        });
    }
}
