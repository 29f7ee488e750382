package io.postern.smtp.testkit.junit;

import io.postern.smtp.testkit.TestSmtpServer;
import io.postern.smtp.testkit.faults.Faults;
import io.postern.smtp.testkit.tap.ScriptedFaults;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The faults of one test. They are those of the server, unless others use it at the same time; then they concern the mail
 * to the test's domain only.
 */
record TestFaults(Faults faults) {

    private static final String PARALLEL = "junit.jupiter.execution.parallel.enabled";
    private static final String REFUSAL = "this server is shared by tests that run in parallel, and faults of all of it"
            + " would come in others' mail; ask for a parameter of type Faults, whose faults concern the test alone";

    /** @param owner the id of the context whose tests share the server */
    static void open(ExtensionContext test, Namespace namespace, TestSmtpServer server, String owner, String domain) {
        Faults faults = server.faults();
        if (isParallel(test, owner)) {
            if (faults instanceof ScriptedFaults ofAll) {
                ofAll.refuse(REFUSAL);
            }
            faults = faults.forDomain(domain);
        }
        test.getStore(namespace).put(TestFaults.class, new TestFaults(faults));
    }

    static TestFaults of(ExtensionContext test, Namespace namespace) {
        return Objects.requireNonNull(test.getStore(namespace).get(TestFaults.class, TestFaults.class));
    }

    /** Whether anything below the context that owns the server may run at the same time as a test. */
    private static boolean isParallel(ExtensionContext test, String owner) {
        if (!test.getConfigurationParameter(PARALLEL).map(Boolean::parseBoolean).orElse(false)) {
            return false;
        }
        Optional<ExtensionContext> context = Optional.of(test);
        while (context.isPresent() && !context.get().getUniqueId().equals(owner)) {
            if (context.get().getExecutionMode() == ExecutionMode.CONCURRENT) {
                return true;
            }
            context = context.get().getParent();
        }
        return false;
    }

    /** Verifies them, unless the test has failed anyhow, and removes them. */
    void close(ExtensionContext test) {
        try {
            if (test.getExecutionException().isEmpty()) {
                faults.verify();
            }
        } finally {
            faults.clear();
        }
    }
}
