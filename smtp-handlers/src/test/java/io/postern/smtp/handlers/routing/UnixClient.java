package io.postern.smtp.handlers.routing;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.handlers.SinkHandler;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;

/** What somebody sees who connects to a Unix socket. */
final class UnixClient {

    private UnixClient() {}

    /** The greeting of a server at {@code path} with this policy. */
    static String greeting(SmtpHandler policy, String path) {
        try (TestSmtpServer server = TestSmtpServer.start(
                        HandlerChain.of(policy, new SinkHandler()),
                        TestSmtpServer.defaultOptions().setUnixSocket(path));
                RawSmtpClient client = server.connect()) {
            return client.readReply().toString();
        }
    }
}
