package io.postern.smtp.testkit.web;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.server.VertxSmtpServer;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.tap.ServerTap;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An inbox to look at: a web page that shows the messages as they come, and the same by REST. It keeps the newest messages,
 * as many as its options allow.
 *
 * <pre>{@code
 * InboxPage.create(vertx, new InboxPageOptions())
 *         .listen()
 *         .compose(page -> SmtpServer.create(vertx, page.handler()).listen(8025, "localhost"));
 * }</pre>
 *
 * <p>There is no log-in: by default only this machine can reach it. What is in a message can neither run in the browser nor
 * make it load anything. May be used by several threads.
 */
public final class InboxPage {

    private static final System.Logger LOG = System.getLogger(InboxPage.class.getName());

    /** Longer than a client may wait for a message, and than an event stream is silent. */
    private static final int IDLE_SECONDS = 120;

    private final Vertx vertx;
    private final InboxPageOptions options;
    private final MailStore store;
    private final MessageReader reader;
    private final EventStreams events;
    private volatile @Nullable HttpServer server;
    private volatile List<String> receivingAt = List.of();

    private InboxPage(Vertx vertx, InboxPageOptions options) {
        this.vertx = vertx;
        this.options = new InboxPageOptions(options);
        this.store = new MailStore(vertx, options);
        this.reader = new MessageReader(vertx);
        this.events = new EventStreams(vertx, store);
    }

    /**
     * Makes a page that does not listen yet.
     *
     * @param vertx stays the caller's
     */
    public static InboxPage create(Vertx vertx, InboxPageOptions options) {
        return new InboxPage(vertx, options);
    }

    /**
     * Reads the messages in the directory, if there is one, and listens.
     *
     * @return this page; fails when the directory or the address cannot be used
     */
    public Future<InboxPage> listen() {
        return store.open()
                .compose(opened -> vertx.executeBlocking(StaticFiles::read))
                .map(Objects::requireNonNull)
                .compose(files -> {
                    HttpServerOptions http =
                            new HttpServerOptions().setIdleTimeout(IDLE_SECONDS).setIdleTimeoutUnit(TimeUnit.SECONDS);
                    return vertx.createHttpServer(http)
                            .requestHandler(router(files))
                            .listen(options.getPort(), options.getHost());
                })
                .map(listening -> {
                    server = listening;
                    return this;
                })
                .recover(cause -> close().transform(closed -> Future.failedFuture(cause)));
    }

    private Router router(StaticFiles files) {
        Router router = Router.router(vertx);
        router.route().handler(new RequestGuard(options));
        files.addTo(router);
        new MessageRoutes(vertx, store, reader, () -> receivingAt).addTo(router);
        events.addTo(router);
        Answers.addErrorsTo(router);
        return router;
    }

    /**
     * A handler that takes all mail for anyone, and shows it here. It answers 250 when the message can be seen, which with a
     * directory means that its file is written; when it cannot be, {@code 452 4.3.1}. A message that is larger than the
     * whole store is answered {@code 552 5.3.4}.
     */
    public SmtpHandler handler() {
        return new StoringHandler(store);
    }

    /**
     * Lets the messages that a server takes with {@link #handler()} have their transcript. Call it before the server listens.
     */
    public InboxPage recordDialogueOf(SmtpServer receiving) {
        if (receiving instanceof VertxSmtpServer driver) {
            driver.setWiretap(new ServerTap());
        }
        return this;
    }

    /**
     * Shows a message.
     *
     * @return completes when it can be seen, fails when its file cannot be written, which is told in the log as well
     */
    public Future<Void> add(ReceivedMessage message) {
        return store.add(message)
                .<Void>mapEmpty()
                .onFailure(cause -> LOG.log(System.Logger.Level.WARNING, "a message cannot be shown", cause));
    }

    /** Tells where mail is received, such as {@code 127.0.0.1:8025}: the page says so as long as it has no message. */
    public InboxPage setReceivingAt(List<String> addresses) {
        receivingAt = List.copyOf(addresses);
        return this;
    }

    /**
     * Where the page is, to be opened in a browser of this machine.
     *
     * @throws IllegalStateException when it does not listen
     */
    public URI url() {
        String host = options.getHost();
        if (host.equals("0.0.0.0") || host.equals("::")) {
            host = InboxPageOptions.DEFAULT_HOST;
        }
        return URI.create("http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port() + "/");
    }

    /**
     * The port it listens on.
     *
     * @throws IllegalStateException when it does not listen
     */
    public int port() {
        HttpServer listening = server;
        if (listening == null) {
            throw new IllegalStateException("the page does not listen");
        }
        return listening.actualPort();
    }

    /** Answers nobody any more. @return completes when the port and the directory are free */
    public Future<Void> close() {
        HttpServer listening = server;
        server = null;
        Future<Void> closed = listening == null ? Future.succeededFuture() : listening.close();
        return closed.eventually(events::close).eventually(reader::close).eventually(store::close);
    }
}
