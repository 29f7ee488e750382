package io.postern.smtp.cli;

import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How listeners encrypt, with the files of a certificate and its key.
 *
 * @param certificate in PEM, with the certificates between it and its authority behind it
 */
record Tls(Mode mode, Path certificate, Path key) {

    enum Mode {
        STARTTLS,
        REQUIRED_STARTTLS,
        IMPLICIT
    }

    List<Path> files() {
        return List.of(certificate, key);
    }

    /** Reads the files; blocks. Both are read here once, so that all servers get the same. */
    ServerSSLOptions read() throws IOException {
        return new ServerSSLOptions()
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addCertValue(Buffer.buffer(Files.readAllBytes(certificate)))
                        .addKeyValue(Buffer.buffer(Files.readAllBytes(key))));
    }

    void apply(SmtpServerOptions options, ServerSSLOptions read) {
        options.setTls(read).setImplicitTls(mode == Mode.IMPLICIT).setRequireStartTls(mode == Mode.REQUIRED_STARTTLS);
    }

    @Override
    public String toString() {
        return certificate + " and " + key;
    }
}
