package io.postern.smtp.cli;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.Certificate;

/** A new key and a certificate for localhost that it has signed itself, in files. */
record Pem(Path certificate, Path key, Certificate parsed) {

    /** @param name in the subject of the certificate, and of the files */
    static Pem create(Path directory, String name) throws Exception {
        X509Bundle made = new CertificateBuilder()
                .subject("CN=" + name)
                .addSanDnsName("localhost")
                .addSanIpAddress("127.0.0.1")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        return new Pem(
                Files.writeString(directory.resolve(name + ".crt"), made.getCertificatePEM()),
                Files.writeString(directory.resolve(name + ".key"), made.getPrivateKeyPEM()),
                made.getCertificate());
    }

    /** Puts these files in the place of others, as a renewal does. */
    void replace(Pem old) throws IOException {
        replace(certificate, old.certificate());
        replace(key, old.key());
    }

    static void replace(Path by, Path old) throws IOException {
        Path beside = old.resolveSibling(old.getFileName() + ".new");
        Files.copy(by, beside, StandardCopyOption.REPLACE_EXISTING);
        Files.move(beside, old, StandardCopyOption.ATOMIC_MOVE);
    }
}
