package io.postern.smtp.benchmarks.tls;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;

/** A certificate for a key on the curve P-256, both in files that only this user can read, and that go when it is closed. */
final class Certificate implements AutoCloseable {

    private final X509Certificate content;
    private final Path file;
    private final Path key;

    private Certificate(X509Bundle bundle, Path file, Path key) {
        this.content = bundle.getCertificate();
        this.file = file;
        this.key = key;
    }

    static Certificate create() throws IOException {
        X509Bundle bundle;
        try {
            bundle = new CertificateBuilder()
                    .ecp256()
                    .subject("CN=mx.example")
                    .addSanDnsName("mx.example")
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned();
        } catch (Exception e) { // that is what it declares
            throw new IOException("no certificate can be made here", e);
        }
        return new Certificate(
                bundle, write("certificate", bundle.getCertificatePEM()), write("key", bundle.getPrivateKeyPEM()));
    }

    private static Path write(String name, String pem) throws IOException {
        return Files.writeString(Files.createTempFile(name, ".pem"), pem);
    }

    X509Certificate content() {
        return content;
    }

    /** Where it is, in PEM. */
    Path file() {
        return file;
    }

    /** Where its key is, in PEM. */
    Path key() {
        return key;
    }

    @Override
    public void close() throws IOException {
        Files.delete(file);
        Files.delete(key);
    }
}
