package io.postern.smtp.benchmarks.tls;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.benchmarks.ServerProcess;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * A server that offers STARTTLS.
 *
 * @param title what it is called in the table
 * @param cpuTime how much processor time it has used so far
 */
record TlsServer(String title, int port, Supplier<Duration> cpuTime, AutoCloseable process) implements AutoCloseable {

    static final String POSTERN = "Postern";

    /** Starts Postern with default options and an event loop for each processor. */
    static TlsServer postern(Certificate certificate) throws IOException {
        SmtpServerOptions options = new SmtpServerOptions()
                .setTls(new ServerSSLOptions()
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .setCertPath(certificate.file().toString())
                                .setKeyPath(certificate.key().toString())));
        ServerProcess server = ServerProcess.start(options, Runtime.getRuntime().availableProcessors());
        return new TlsServer(POSTERN, server.port(), server::cpuTime, server);
    }

    @Override
    public void close() throws IOException {
        try {
            process.close();
        } catch (Exception e) { // that is what it declares
            throw new IOException(e);
        }
    }
}
