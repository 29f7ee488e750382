package io.postern.smtp.testkit.junit;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.TestSmtpServer;
import io.postern.smtp.testkit.faults.Faults;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a server that takes all mail, and each test an inbox of its own:
 *
 * <pre>{@code
 * class PasswordResetTest {
 *     @RegisterExtension
 *     static final SmtpServerExtension smtp = new SmtpServerExtension();
 *
 *     @Test
 *     void theLinkIsSent(TestSmtpServer server, Inbox inbox) {
 *         app(server.host(), server.port()).resetPasswordOf(inbox.address("anne"));
 *
 *         assertThat(inbox.await().mail().links()).hasSize(1);
 *     }
 * }
 * }</pre>
 *
 * <p>In a static field there is one server for the class and those nested in it, in an instance field one for each test. It
 * accepts connections before the test begins, on a port that was free.
 *
 * <p>Tests that run at the same time share the server and not their mail: an {@link Inbox} gets what is sent to its {@link
 * Inbox#domain() domain}, and whatever a client sends that has logged in as its {@link Inbox#username() user}; AUTH is
 * offered, and not required. While only one test runs, it gets mail for domains that are no test's as well. A message that
 * its test has not looked at makes the test fail, and one that was no test's, or came when its test was over, the class,
 * unless {@link #allowUnexpected()} was called.
 *
 * <p>A parameter of type {@link Faults} declares what goes wrong in a test: at the server as a whole, or, where tests that
 * share a server run in parallel, in mail to the domain of the test's inbox. At the end of the test they are verified and
 * removed.
 *
 * <p>Works with JUnit 5.10 and later, and with JUnit 6.
 */
public final class SmtpServerExtension
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback, ParameterResolver {

    private final Namespace namespace = Namespace.create(this);
    private final SmtpServerOptions options;
    private InstantSource clock = InstantSource.system();
    private boolean unexpectedAllowed;
    /** By owner; several when classes that inherit the extension run at the same time. */
    private final Map<String, TestSmtpServer> running = new ConcurrentHashMap<>();

    /** A server with {@link TestSmtpServer#defaultOptions()}. */
    public SmtpServerExtension() {
        this(TestSmtpServer.defaultOptions());
    }

    /**
     * A server with other options.
     *
     * @param options their host and port are not used; those of {@link TestSmtpServer#defaultOptions()} are good to start from
     */
    public SmtpServerExtension(SmtpServerOptions options) {
        this.options = new SmtpServerOptions(options);
    }

    /** Lets tests leave messages that they have not looked at. */
    public SmtpServerExtension allowUnexpected() {
        unexpectedAllowed = true;
        return this;
    }

    /** Lets {@code clock} tell when messages arrive, such as a {@link io.postern.smtp.testkit.MovableClock}. */
    public SmtpServerExtension clock(InstantSource clock) {
        this.clock = clock;
        return this;
    }

    /**
     * The server that runs now, which is also what a parameter of its type gets. With {@code VertxExtension} beside this one
     * in a class, ask for it here, as that one has parameters of this type too.
     *
     * @throws IllegalStateException before the first test and after the last; and when several run, one for each of the classes
     *     that inherit the extension and run at the same time: then only a parameter can tell which is meant
     */
    public TestSmtpServer server() {
        List<TestSmtpServer> servers = List.copyOf(running.values());
        if (servers.isEmpty()) {
            throw new IllegalStateException("the server is there from before the first test until after the last");
        }
        if (servers.size() > 1) {
            throw new IllegalStateException(
                    servers.size() + " servers run now, as classes with this extension run at the"
                            + " same time; ask for a parameter of type TestSmtpServer, which is the one of its test");
        }
        return servers.get(0);
    }

    /**
     * A server and the inboxes of the tests that use it. The extension closes it itself: which values of a store are closed
     * by JUnit differs between its versions.
     *
     * @param owner the id of the context that it was made for
     */
    private record Shared(String owner, Sorting inboxes, TestSmtpServer server) {}

    /** The server of this context, or of one that encloses it. */
    @SuppressWarnings("deprecation") // since JUnit 6, which has another method for it that JUnit 5 lacks
    private Shared shared(ExtensionContext context) {
        Shared shared = Objects.requireNonNull(context.getStore(namespace)
                .getOrComputeIfAbsent(Shared.class, key -> start(context.getUniqueId()), Shared.class));
        running.put(shared.owner(), shared.server());
        return shared;
    }

    private Shared start(String owner) {
        Sorting inboxes = new Sorting(clock);
        TestSmtpServer started = TestSmtpServer.start(
                inboxes, options, server -> SaslMechanism.passwords(inboxes).forEach(server::addMechanism));
        return new Shared(owner, inboxes, started);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        shared(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        Shared shared = shared(context);
        Inbox inbox = shared.inboxes().open().explainedBy(shared.server()::transcripts);
        context.getStore(namespace).put(Inbox.class, inbox);
        TestFaults.open(context, namespace, shared.server(), shared.owner(), inbox.domain());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Shared shared = context.getStore(namespace).get(Shared.class, Shared.class);
        Inbox inbox = context.getStore(namespace).get(Inbox.class, Inbox.class);
        if (shared == null || inbox == null) { // the server did not start, which JUnit tells
            return;
        }
        shared.inboxes().close(inbox);
        List<ReceivedMessage> lost;
        try {
            TestFaults.of(context, namespace).close(context);
        } finally {
            lost = closeIfOwned(shared, context);
        }
        if (context.getExecutionException().isEmpty()) { // else that is what there is to know
            requireNone(inbox.unseen(), "nobody looked at");
            requireNone(lost, "were no test's");
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Shared shared = context.getStore(namespace).get(Shared.class, Shared.class);
        if (shared != null) {
            requireNone(closeIfOwned(shared, context), "were no test's");
        }
    }

    /** Closes the server at the end of the context that it was made for. @return what was lost until then */
    private List<ReceivedMessage> closeIfOwned(Shared shared, ExtensionContext context) {
        if (!shared.owner().equals(context.getUniqueId())) {
            return List.of();
        }
        running.remove(shared.owner());
        shared.server().close();
        return shared.inboxes().lost();
    }

    private void requireNone(List<ReceivedMessage> messages, String what) {
        if (!unexpectedAllowed && !messages.isEmpty()) {
            throw new AssertionError("messages that " + what + ": " + messages);
        }
    }

    private Inbox inbox(ExtensionContext context) {
        return Objects.requireNonNull(context.getStore(namespace).get(Inbox.class, Inbox.class));
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == TestSmtpServer.class
                || ((type == Inbox.class || type == Faults.class)
                        && context.getTestMethod().isPresent());
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        if (type == Faults.class) {
            return TestFaults.of(context, namespace).faults();
        }
        return type == TestSmtpServer.class ? shared(context).server() : inbox(context);
    }
}
