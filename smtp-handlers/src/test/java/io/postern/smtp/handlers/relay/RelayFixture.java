package io.postern.smtp.handlers.relay;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.sasl.SaslMechanism;
import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Servers and relays of a test, all of which end with it. */
final class RelayFixture implements AutoCloseable {

    final Vertx vertx = Vertx.vertx();
    private final List<RelayHandler> relays = new ArrayList<>();

    /** Starts a server that takes what is relayed. @return its port */
    int hop(SmtpHandler handler, SmtpServerOptions options, SaslMechanism... mechanisms) {
        SmtpServer server = SmtpServer.create(vertx, handler, options.setHostName("hop.example.test"));
        for (SaslMechanism mechanism : mechanisms) {
            server.addMechanism(mechanism);
        }
        if (options.getUnixSocket().isPresent()) {
            await(server.listen());
            return 0;
        }
        await(server.listen(0, "127.0.0.1"));
        return server.actualPort();
    }

    int hop(SmtpHandler handler) {
        return hop(handler, new SmtpServerOptions());
    }

    /** Options for a next hop on a port of the loopback. */
    static RelayOptions to(int port) {
        return new RelayOptions(NextHop.smtp("127.0.0.1", port)).setHeloName("relay.example.test");
    }

    static RelayOptions toLmtp(int port) {
        return to(port).setNextHop(NextHop.lmtp("127.0.0.1", port));
    }

    RelayHandler relay(RelayOptions options) {
        RelayHandler relay = new RelayHandler(vertx, options);
        relays.add(relay);
        return relay;
    }

    /** Starts a server in front of a relay. @return its port */
    int front(SmtpHandler relay, SmtpServerOptions options) {
        SmtpServer server = SmtpServer.create(vertx, relay, options.setHostName("front.example.test"));
        await(server.listen(0, "127.0.0.1"));
        return server.actualPort();
    }

    int front(RelayOptions options) {
        return front(relay(options), new SmtpServerOptions());
    }

    /** A client that has said EHLO to a server of this test. */
    static RawSmtpClient client(int port) {
        RawSmtpClient client = RawSmtpClient.connect("127.0.0.1", port);
        client.expect(220);
        client.command("EHLO client.example.test").expect(250);
        return client;
    }

    /** A client that has led a transaction up to 354. */
    static RawSmtpClient dataTo(int port) {
        RawSmtpClient client = client(port);
        client.command("MAIL FROM:<from@example.test>").expect(250);
        client.command("RCPT TO:<to@example.test>").expect(250);
        client.command("DATA").expect(354);
        return client;
    }

    /** A certificate for a name, signed by itself, and its key as a server shows it. */
    record Identity(ServerSSLOptions server, Path certificate) {}

    static Identity identity(Path directory, String name) throws Exception {
        X509Bundle made = new CertificateBuilder()
                .subject("CN=" + name)
                .addSanDnsName(name)
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Path certificate = Files.writeString(directory.resolve(name + ".pem"), made.getCertificatePEM());
        return new Identity(
                new ServerSSLOptions()
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .addKeyValue(Buffer.buffer(made.getPrivateKeyPEM()))
                                .addCertValue(Buffer.buffer(made.getCertificatePEM()))),
                certificate);
    }

    static <T> T await(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
    }

    @Override
    public void close() {
        await(vertx.close());
    }
}
