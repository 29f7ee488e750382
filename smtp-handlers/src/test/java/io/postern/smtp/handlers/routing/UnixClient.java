package io.postern.smtp.handlers.routing;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.handlers.SinkHandler;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** What somebody sees who connects to a Unix socket. */
final class UnixClient {

    private UnixClient() {}

    /** The greeting of a server at {@code path} with this policy. */
    static String greeting(SmtpHandler policy, String path) throws IOException {
        Vertx vertx = Vertx.vertx();
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            SmtpServer server =
                    SmtpServer.create(vertx, HandlerChain.of(policy, new SinkHandler()), new SmtpServerOptions());
            RoutingServer.await(server.listen(SocketAddress.domainSocketAddress(path)));
            channel.connect(UnixDomainSocketAddress.of(path));
            return String.valueOf(new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8)).readLine());
        } finally {
            RoutingServer.await(vertx.close());
        }
    }
}
