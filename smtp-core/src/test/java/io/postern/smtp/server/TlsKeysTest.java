package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.net.JksOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.KeyStoreOptionsBase;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.PfxOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys and certificates in real files. */
class TlsKeysTest {

    private static final String PASSWORD = "changeit";

    @TempDir
    static Path directory;

    private static Vertx vertx;

    @BeforeAll
    static void makeKeys() throws Exception {
        vertx = Vertx.vertx();
        keytool("rsa.p12", "PKCS12", "rsa", "-keyalg", "RSA");
        keytool("ec.p12", "PKCS12", "ec", "-keyalg", "EC", "-groupname", "secp256r1");
        keytool("ed25519.p12", "PKCS12", "ed25519", "-keyalg", "Ed25519");
        keytool("ed448.p12", "PKCS12", "ed448", "-keyalg", "Ed448");
        keytool("pss.p12", "PKCS12", "pss", "-keyalg", "RSASSA-PSS", "-sigalg", "RSASSA-PSS");
        keytool("rsa.jks", "JKS", "rsa", "-keyalg", "RSA");
        keytool("other.p12", "PKCS12", "other", "-keyalg", "RSA");
        for (String name : List.of("rsa", "ec", "other")) {
            writePem(name);
        }
    }

    @AfterAll
    static void closeVertx() throws Exception {
        SocketTestBase.await(vertx.close());
    }

    private static void keytool(String store, String type, String alias, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-dname",
                "CN=" + alias,
                "-validity",
                "30",
                "-storetype",
                type,
                "-storepass",
                PASSWORD,
                "-keypass",
                PASSWORD,
                "-keystore",
                file(store)));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    private static void writePem(String name) throws Exception {
        KeyStore store = KeyStore.getInstance(Path.of(file(name + ".p12")).toFile(), PASSWORD.toCharArray());
        writePem(
                name + "-key.pem",
                "PRIVATE KEY",
                store.getKey(name, PASSWORD.toCharArray()).getEncoded());
        writePem(name + "-cert.pem", "CERTIFICATE", store.getCertificate(name).getEncoded());
    }

    private static void writePem(String file, String what, byte[] octets) throws Exception {
        Files.writeString(
                Path.of(file(file)),
                "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder().encodeToString(octets) + "\n-----END " + what
                        + "-----\n");
    }

    private static String file(String name) {
        return directory.resolve(name).toString();
    }

    private static ServerSSLOptions pem(String key, String certificate) {
        return new ServerSSLOptions()
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addKeyPath(file(key + "-key.pem"))
                        .addCertPath(file(certificate + "-cert.pem")));
    }

    private static ServerSSLOptions pkcs12(String name) {
        return new ServerSSLOptions()
                .setKeyCertOptions(new PfxOptions().setPath(file(name + ".p12")).setPassword(PASSWORD));
    }

    private static ServerSSLOptions jks() {
        return new ServerSSLOptions()
                .setKeyCertOptions(new JksOptions().setPath(file("rsa.jks")).setPassword(PASSWORD));
    }

    private static ServerSSLOptions load(ServerSSLOptions options) throws Exception {
        return SocketTestBase.await(TlsKeys.load(vertx, options));
    }

    /** The names in the certificates that a server with these options shows. */
    private static Set<String> certificates(ServerSSLOptions options) throws Exception {
        Set<String> names = new LinkedHashSet<>();
        for (KeyManager manager :
                options.getKeyCertOptions().getKeyManagerFactory(vertx).getKeyManagers()) {
            X509KeyManager x509 = (X509KeyManager) manager;
            for (String type : List.of("RSA", "EC", "EdDSA", "RSASSA-PSS")) {
                String[] aliases = x509.getServerAliases(type, null);
                for (String alias : aliases == null ? new String[0] : aliases) {
                    names.add(x509.getCertificateChain(alias)[0]
                            .getSubjectX500Principal()
                            .getName());
                }
            }
        }
        return names;
    }

    @ParameterizedTest
    @ValueSource(strings = {"rsa", "ec", "ed25519", "ed448", "pss"})
    void keysOfEveryKindAreLoaded(String name) throws Exception {
        assertThat(load(pkcs12(name)).getKeyCertOptions()).isInstanceOf(PfxOptions.class);
    }

    static Stream<ServerSSLOptions> stores() {
        return Stream.of(pem("rsa", "rsa"), pkcs12("rsa"), jks());
    }

    @ParameterizedTest
    @MethodSource("stores")
    void whatWasLoadedDoesNotDependOnTheFilesAnyMore(ServerSSLOptions options) throws Exception {
        ServerSSLOptions loaded = load(options);
        assertThat(paths(loaded.getKeyCertOptions())).isEmpty();
        assertThat(certificates(loaded)).containsExactly("CN=rsa");
        assertThat(paths(options.getKeyCertOptions())).isNotEmpty(); // which is not changed
    }

    private static List<String> paths(KeyCertOptions keys) {
        if (keys instanceof PemKeyCertOptions pem) {
            return Stream.concat(pem.getKeyPaths().stream(), pem.getCertPaths().stream())
                    .toList();
        }
        return Stream.ofNullable(((KeyStoreOptionsBase) keys).getPath()).toList();
    }

    @Test
    void newContentsUnderAnOldPathAreRead(@TempDir Path own) throws Exception {
        Path key = own.resolve("key.pem");
        Path certificate = own.resolve("certificate.pem");
        ServerSSLOptions options = new ServerSSLOptions()
                .setKeyCertOptions(
                        new PemKeyCertOptions().addKeyPath(key.toString()).addCertPath(certificate.toString()));
        for (String name : List.of("rsa", "ec", "other")) {
            Files.write(key, Files.readAllBytes(Path.of(file(name + "-key.pem"))));
            Files.write(certificate, Files.readAllBytes(Path.of(file(name + "-cert.pem"))));
            assertThat(certificates(load(options))).containsExactly("CN=" + name);
        }
    }

    @Test
    void severalKeysAreAllLoaded() throws Exception {
        ServerSSLOptions options = new ServerSSLOptions()
                .setSni(true)
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addKeyPath(file("rsa-key.pem"))
                        .addCertPath(file("rsa-cert.pem"))
                        .addKeyPath(file("ec-key.pem"))
                        .addCertPath(file("ec-cert.pem")));
        ServerSSLOptions loaded = load(options);
        assertThat(loaded.isSni()).isTrue();
        assertThat(certificates(loaded)).containsExactly("CN=rsa", "CN=ec");
    }

    @Test
    void certificatesToTrustAreReadToo() throws Exception {
        ServerSSLOptions options = pem("rsa", "rsa");
        options.setTrustOptions(new PemTrustOptions().addCertPath(file("other-cert.pem")));
        PemTrustOptions trust = (PemTrustOptions) load(options).getTrustOptions();
        assertThat(trust.getCertPaths()).isEmpty();
        assertThat(trust.getCertValues()).hasSize(1);
        options.setTrustOptions(new PemTrustOptions().addCertPath(file("nowhere.pem")));
        assertThatThrownBy(() -> load(options)).hasMessageContaining("nowhere.pem");
    }

    @ParameterizedTest
    @ValueSource(strings = {"other", "ec"})
    void aKeyThatDoesNotBelongToItsCertificateIsRefused(String key) {
        assertThatThrownBy(() -> load(pem(key, "rsa"))).isNotNull();
    }

    @Test
    void theSecondOfSeveralKeysIsCheckedToo() {
        assertThatThrownBy(() -> load(new ServerSSLOptions()
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .addKeyPath(file("rsa-key.pem"))
                                .addCertPath(file("rsa-cert.pem"))
                                .addKeyPath(file("rsa-key.pem"))
                                .addCertPath(file("other-cert.pem")))))
                .hasMessageContaining("the key does not belong to the certificate");
    }

    @Test
    void whatCannotBeReadFailsAndSaysWhat(@TempDir Path own) throws Exception {
        assertThatThrownBy(() -> load(pem("nowhere", "rsa"))).hasMessageContaining("nowhere-key.pem");
        assertThatThrownBy(() -> load(pkcs12("nowhere"))).hasMessageContaining("nowhere.p12");
        Path broken = Files.writeString(own.resolve("broken.pem"), "no certificate");
        assertThatThrownBy(() -> load(new ServerSSLOptions()
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .addKeyPath(file("rsa-key.pem"))
                                .addCertPath(broken.toString()))))
                .isNotNull();
        assertThatThrownBy(() -> load(new ServerSSLOptions()
                        .setKeyCertOptions(
                                new PfxOptions().setPath(file("rsa.p12")).setPassword("wrong"))))
                .isNotNull();
    }

    @Test
    void aServerNeedsAKey() {
        assertThatThrownBy(() -> load(new ServerSSLOptions()))
                .hasCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("keyCertOptions");
    }

    @Test
    void oldProtocolsAreNeverSpoken() throws Exception {
        ServerSSLOptions options = pem("rsa", "rsa");
        options.setEnabledSecureTransportProtocols(new LinkedHashSet<>(List.of("TLSv1.1", "TLSv1.2", "SSLv3")));
        assertThat(load(options).getEnabledSecureTransportProtocols()).containsExactly("TLSv1.2");
        options.setEnabledSecureTransportProtocols(new LinkedHashSet<>(List.of("TLSv1", "TLSv1.1")));
        assertThatThrownBy(() -> load(options))
                .hasCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("allowed are TLSv1.2 and TLSv1.3");
        assertThat(load(pem("rsa", "rsa")).getEnabledSecureTransportProtocols())
                .containsExactlyInAnyOrder("TLSv1.2", "TLSv1.3");
    }
}
