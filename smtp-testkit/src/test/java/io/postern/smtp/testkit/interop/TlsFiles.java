package io.postern.smtp.testkit.interop;

import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.nio.file.Path;
import java.util.List;

/** A certificate for localhost and 127.0.0.1, signed by itself, and its key, in files as other programs read them. */
record TlsFiles(Path certificate, Path key) {

    static TlsFiles in(Path directory) {
        Path certificate = directory.resolve("cert.pem");
        Path key = directory.resolve("key.pem");
        Tool.run(List.of(
                Tool.find("openssl"),
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-noenc",
                "-days",
                "30",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout",
                key.toString(),
                "-out",
                certificate.toString()));
        return new TlsFiles(certificate, key);
    }

    ServerSSLOptions server() {
        return new ServerSSLOptions()
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addCertPath(certificate.toString())
                        .addKeyPath(key.toString()));
    }
}
