package io.postern.smtp.testkit.junit;

import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.junit5.ParameterClosingConsumer;
import io.vertx.junit5.VertxExtensionParameterProvider;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;

/**
 * Gives a {@link TestSmtpServer} to the tests of {@code VertxExtension}, which finds this class by itself. The server has a
 * {@link RecordingHandler}, whose inbox is {@link TestSmtpServer#inbox()}, and is closed when the scope of the parameter ends.
 */
public final class TestSmtpServerProvider implements VertxExtensionParameterProvider<TestSmtpServer> {

    /** For {@code java.util.ServiceLoader}. */
    public TestSmtpServerProvider() {}

    @Override
    public Class<TestSmtpServer> type() {
        return TestSmtpServer.class;
    }

    @Override
    public String key() {
        return TestSmtpServer.class.getName();
    }

    @Override
    public TestSmtpServer newInstance(ExtensionContext extensionContext, ParameterContext parameterContext) {
        return TestSmtpServer.start();
    }

    @Override
    public ParameterClosingConsumer<TestSmtpServer> parameterClosingConsumer() {
        return TestSmtpServer::close;
    }
}
