package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;

/** A new key and a certificate for localhost that it has signed itself, in files. */
record Pem(Path certificate, Path key, Certificate parsed) {

    private static final char[] PASSWORD = "changeit".toCharArray();

    /** @param name in the subject of the certificate, and of the files */
    static Pem create(Path directory, String name) throws Exception {
        Path store = directory.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "SAN=DNS:localhost,IP:127.0.0.1",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        new String(PASSWORD),
                        "-keystore",
                        store.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(output).isZero();

        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream input = Files.newInputStream(store)) {
            keys.load(input, PASSWORD);
        }
        Certificate parsed = keys.getCertificate(name);
        return new Pem(
                write(directory.resolve(name + ".crt"), "CERTIFICATE", parsed.getEncoded()),
                write(
                        directory.resolve(name + ".key"),
                        "PRIVATE KEY",
                        keys.getKey(name, PASSWORD).getEncoded()),
                parsed);
    }

    private static Path write(Path file, String label, byte[] content) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(file, "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n");
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
