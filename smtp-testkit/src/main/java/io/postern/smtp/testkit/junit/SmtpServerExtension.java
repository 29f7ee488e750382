package io.postern.smtp.testkit.junit;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.Inbox;
import io.postern.smtp.testkit.ReceivedMessage;
import io.postern.smtp.testkit.TestSmtpServer;
import io.postern.smtp.testkit.faults.Faults;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
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
 * Inbox#domain() domain}. While only one test runs, it gets mail for any other domain as well. A message that its test has
 * not looked at makes the test fail, and one that was no test's the class, unless {@link #allowUnexpected()} was called.
 *
 * <p>A parameter of type {@link Faults} declares what goes wrong in a test: at the server as a whole, or, where tests that
 * share a server run in parallel, in mail to the domain of the test's inbox. At the end of the test they are verified and
 * removed.
 */
public final class SmtpServerExtension
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback, ParameterResolver {

    private final Namespace namespace = Namespace.create(this);
    private final SmtpServerOptions options;
    private boolean unexpectedAllowed;
    private volatile @Nullable TestSmtpServer server;

    /** A server with default options, called {@code mx.example.test}. */
    public SmtpServerExtension() {
        this(new SmtpServerOptions().setHostName("mx.example.test"));
    }

    /** @param options their host and port are not used */
    public SmtpServerExtension(SmtpServerOptions options) {
        this.options = new SmtpServerOptions(options);
    }

    /** Lets tests leave messages that they have not looked at. */
    public SmtpServerExtension allowUnexpected() {
        unexpectedAllowed = true;
        return this;
    }

    /**
     * The server that runs now, which is also what a parameter of its type gets. With {@code VertxExtension} beside this one
     * in a class, ask for it here, as that one has parameters of this type too.
     *
     * @throws IllegalStateException before the first test
     */
    public TestSmtpServer server() {
        TestSmtpServer running = server;
        if (running == null) {
            throw new IllegalStateException("the server is started before the first test, not earlier");
        }
        return running;
    }

    /** A server and the inboxes of the tests that use it. JUnit closes it with the context that it is stored in. */
    private static final class Shared implements AutoCloseable {

        final Sorting inboxes = new Sorting();
        final String owner;
        final TestSmtpServer server;

        Shared(ExtensionContext owner, SmtpServerOptions options) {
            this.owner = owner.getUniqueId();
            this.server = TestSmtpServer.start(inboxes, options);
        }

        @Override
        public void close() {
            server.close();
        }
    }

    /** The server of this context, or of one that encloses it. */
    private Shared shared(ExtensionContext context) {
        Shared shared = context.getStore(namespace)
                .computeIfAbsent(Shared.class, key -> new Shared(context, options), Shared.class);
        server = shared.server;
        return shared;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        shared(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        Shared shared = shared(context);
        Inbox inbox = shared.inboxes.open();
        context.getStore(namespace).put(Inbox.class, inbox);
        TestFaults.open(context, namespace, shared.server, shared.owner, inbox.domain());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Inbox inbox = inbox(context);
        Shared shared = shared(context);
        shared.inboxes.close(inbox);
        TestFaults.of(context, namespace).close(context);
        if (context.getExecutionException().isEmpty()) { // else that is what there is to know
            requireNone(inbox.unseen(), "nobody looked at");
            requireNoneLost(shared, context);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        requireNoneLost(shared(context), context);
    }

    private void requireNoneLost(Shared shared, ExtensionContext context) {
        if (shared.owner.equals(context.getUniqueId())) {
            requireNone(shared.inboxes.lost(), "were no test's");
        }
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
        return type == TestSmtpServer.class ? shared(context).server : inbox(context);
    }
}
