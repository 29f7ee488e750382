package io.postern.smtp.sasl;

import static io.postern.smtp.sasl.Exchanges.PLAIN_TEXT;
import static io.postern.smtp.sasl.Exchanges.challenge;
import static io.postern.smtp.sasl.Exchanges.failure;
import static io.postern.smtp.sasl.Exchanges.success;
import static io.postern.smtp.sasl.Exchanges.utf8;
import static io.postern.smtp.sasl.SaslFailure.CREDENTIALS_INVALID;
import static io.postern.smtp.sasl.SaslFailure.MALFORMED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.util.TlsServerEndpoint;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What needs a TLS connection: SCRAM-SHA-256-PLUS and EXTERNAL, over real handshakes. */
class TlsMechanismsTest {

    private static final char[] STORE_PASSWORD = "changeit".toCharArray();

    @TempDir
    static Path directory;

    private static final ScramVerifier PENCIL = ScramVerifier.of("pencil", new byte[] {1, 2, 3, 4}, 4096);

    private final ScramVerifiers users =
            (name, context) -> Future.succeededFuture(name.equals("user") ? Optional.of(PENCIL) : Optional.empty());
    private final SaslMechanism plus = SaslMechanism.scramSha256Plus(users);
    private final SaslMechanism external =
            SaslMechanism.external((credentials, context) -> Future.succeededFuture(Optional.of(Identity.of(
                    credentials.certificate().getSubjectX500Principal().getName()))));

    @BeforeAll
    static void makeCertificates() throws Exception {
        keytool("rsa", "-keyalg", "RSA", "-sigalg", "SHA256withRSA");
        keytool("ec", "-keyalg", "EC", "-groupname", "secp384r1", "-sigalg", "SHA384withECDSA");
        keytool("rsa512", "-keyalg", "RSA", "-sigalg", "SHA512withRSA");
        keytool("pss", "-keyalg", "RSA", "-keysize", "2048", "-sigalg", "RSASSA-PSS");
        keytool("ed", "-keyalg", "Ed25519");
    }

    @ParameterizedTest
    @CsvSource({"rsa, TLSv1.3", "rsa, TLSv1.2", "ec, TLSv1.3", "rsa512, TLSv1.3"})
    void aClientBoundToTheServersCertificateIsLetIn(String store, String protocol) throws Exception {
        Handshake tls = Handshake.with(store, protocol);
        byte[] clientsView = TlsServerEndpoint.getChannelBindingData(tls.serverCertificate());

        ScramClient client = boundClient("tls-server-end-point", clientsView);

        assertThat(client.getScramMechanism().isPlus()).isTrue();
        assertThat(plus.isOffered(tls.context())).isTrue();
        assertThat(ScramMechanismTest.login(plus, client, tls.context())).isEqualTo(Identity.of("user"));
    }

    @Test
    void aClientBoundToAnotherCertificateIsRefused() throws Exception {
        Handshake tls = Handshake.with("rsa", "TLSv1.3");
        byte[] ofSomeoneBetween = TlsServerEndpoint.getChannelBindingData(
                Handshake.with("ec", "TLSv1.3").serverCertificate());
        ScramClient client = boundClient("tls-server-end-point", ofSomeoneBetween);
        SaslExchange exchange = plus.begin(tls.context());
        client.serverFirstMessage(
                challenge(exchange.onResponse(utf8(client.clientFirstMessage().toString()))));

        assertThat(failure(exchange.onResponse(utf8(client.clientFinalMessage().toString()))))
                .isEqualTo(CREDENTIALS_INVALID);
    }

    @Test
    void aClientBoundToTheKeysOfTheConnectionIsLetIn() throws Exception {
        assumeThat(Runtime.version().feature()).isGreaterThanOrEqualTo(25);
        Handshake tls = Handshake.with("rsa", "TLSv1.3");

        ScramClient client = boundClient("tls-exporter", exported(tls.client()));

        assertThat(ScramMechanismTest.login(plus, client, tls.context())).isEqualTo(Identity.of("user"));
    }

    @Test
    void theKeysOfAConnectionAreThoseOfNoOther() throws Exception {
        assumeThat(Runtime.version().feature()).isGreaterThanOrEqualTo(25);

        byte[] first = Handshake.with("rsa", "TLSv1.3").binding("tls-exporter").orElseThrow();
        byte[] second = Handshake.with("rsa", "TLSv1.3").binding("tls-exporter").orElseThrow();

        assertThat(first).hasSize(32).isNotEqualTo(second);
    }

    @Test
    void keysAreNotExportedWhereTheyCannotBe() throws Exception {
        assertThat(Handshake.with("rsa", "TLSv1.2").binding("tls-exporter")).isEmpty();
        if (Runtime.version().feature() < 25) {
            assertThat(Handshake.with("rsa", "TLSv1.3").binding("tls-exporter")).isEmpty();
        }
        assertThat(PLAIN_TEXT.channelBinding("tls-exporter")).isEmpty();
    }

    @Test
    void aSignatureWithParametersHasTheHashThatTheySay() throws Exception {
        Handshake tls = Handshake.with("pss", "TLSv1.3");
        byte[] certificate = tls.serverCertificate().getEncoded();

        assertThat(tls.serverCertificate().getSigAlgName()).isEqualTo("RSASSA-PSS");
        // keytool takes SHA-384 for keys of this size or SHA-256, as the version may be
        byte[] binding = tls.binding("tls-server-end-point").orElseThrow();
        String hash = binding.length == 32 ? "SHA-256" : "SHA-384";
        assertThat(binding).isEqualTo(MessageDigest.getInstance(hash).digest(certificate));
        assertThat(tls.serverCertificate().toString()).contains("hashAlgorithm=" + hash);
    }

    // RFC 5929 §4.1: undefined for a signature without a hash function
    @Test
    void aCertificateWithoutAHashFunctionBindsNothing() throws Exception {
        Handshake tls = Handshake.with("ed", "TLSv1.3");

        assertThat(tls.binding("tls-server-end-point")).isEmpty();
        assertThat(plus.isOffered(tls.context()))
                .isEqualTo(tls.binding("tls-exporter").isPresent());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tls-unique", "TLS-EXPORTER", "x"})
    void unknownKindsOfBindingAreRefused(String type) throws Exception {
        Handshake tls = Handshake.with("rsa", "TLSv1.3");

        assertThat(tls.binding(type)).isEmpty();
        assertThat(failure(plus.begin(tls.context()).onResponse(utf8("p=" + type + ",,n=user,r=x"))))
                .isEqualTo(MALFORMED);
    }

    @Test
    void aVerifiedClientIsLetInWithoutAPassword() throws Exception {
        Handshake tls = Handshake.withClient("rsa", "ec");

        assertThat(external.isOffered(tls.context())).isTrue();
        assertThat(success(external.begin(tls.context()).onResponse(new byte[0])))
                .isEqualTo(Identity.of("CN=ec"));
        assertThat(success(external.begin(tls.context()).onResponse(utf8("CN=ec"))))
                .isEqualTo(Identity.of("CN=ec"));
    }

    @Test
    void aVerifiedClientMayNotActForAnother() throws Exception {
        Handshake tls = Handshake.withClient("rsa", "ec");

        assertThat(failure(external.begin(tls.context()).onResponse(utf8("CN=root"))))
                .isEqualTo(CREDENTIALS_INVALID);
        assertThat(failure(external.begin(tls.context()).onResponse(utf8("\0"))))
                .isEqualTo(MALFORMED);
    }

    @Test
    void withoutAVerifiedClientExternalIsNeitherOfferedNorServed() throws Exception {
        SaslContext tls = Handshake.with("rsa", "TLSv1.3").context();

        assertThat(external.isOffered(PLAIN_TEXT)).isFalse();
        assertThat(external.isOffered(tls)).isFalse();
        assertThat(failure(external.begin(tls).onResponse(new byte[0]))).isEqualTo(CREDENTIALS_INVALID);
        assertThat(failure(external.begin(PLAIN_TEXT).onResponse(new byte[0]))).isEqualTo(CREDENTIALS_INVALID);
    }

    private static ScramClient boundClient(String type, byte[] data) {
        return ScramClient.builder()
                .advertisedMechanisms(List.of("SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"))
                .username("user")
                .password("pencil".toCharArray())
                .channelBinding(type, data)
                .build();
    }

    /** As any client of this Java would do it (RFC 9266 §2). */
    private static byte[] exported(SSLSession session) throws ReflectiveOperationException {
        return (byte[]) ExtendedSSLSession.class
                .getMethod("exportKeyingMaterialData", String.class, byte[].class, int.class)
                .invoke(session, "EXPORTER-Channel-Binding", null, 32);
    }

    private static void keytool(String name, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-dname",
                "CN=" + name,
                "-validity",
                "30",
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(STORE_PASSWORD),
                "-keystore",
                store(name).toString()));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    private static Path store(String name) {
        return directory.resolve(name + ".p12");
    }

    /** The two ends of one handshake over loopback. */
    private record Handshake(SSLSession server, SSLSession client) {

        static Handshake with(String serverStore, String protocol) throws Exception {
            return shake(serverStore, protocol, context(null, serverStore), false);
        }

        static Handshake withClient(String serverStore, String clientStore) throws Exception {
            return shake(serverStore, "TLSv1.3", context(clientStore, serverStore), true);
        }

        private static Handshake shake(String serverStore, String protocol, SSLContext clientContext, boolean asks)
                throws Exception {
            InetAddress loopback = InetAddress.getLoopbackAddress();
            SSLContext serverContext = context(serverStore, "ec");
            try (SSLServerSocket listener = (SSLServerSocket)
                            serverContext.getServerSocketFactory().createServerSocket(0, 1, loopback);
                    SSLSocket client =
                            (SSLSocket) clientContext.getSocketFactory().createSocket()) {
                listener.setEnabledProtocols(new String[] {protocol});
                listener.setWantClientAuth(asks);
                CompletableFuture<SSLSession> server = CompletableFuture.supplyAsync(() -> accept(listener));
                client.setSoTimeout(5_000);
                client.connect(listener.getLocalSocketAddress(), 20_000);
                client.startHandshake();
                // with TLS 1.3 the server has the client's certificate only when it has read its last flight
                client.getOutputStream().write('x');
                // the server's close waits for this end's
                client.shutdownOutput();
                return new Handshake(server.get(10, TimeUnit.SECONDS), client.getSession());
            }
        }

        private static SSLSession accept(SSLServerSocket listener) {
            try (SSLSocket socket = (SSLSocket) listener.accept()) {
                socket.setSoTimeout(5_000);
                assertThat(socket.getInputStream().read()).isEqualTo('x');
                return socket.getSession();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }

        private static SSLContext context(@Nullable String own, String trusted) throws Exception {
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own == null ? null : load(own), STORE_PASSWORD);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            KeyStore certificates = KeyStore.getInstance("PKCS12");
            certificates.load(null, null);
            certificates.setCertificateEntry(trusted, load(trusted).getCertificate(trusted));
            trust.init(certificates);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        }

        private static KeyStore load(String name) throws Exception {
            KeyStore keyStore = KeyStore.getInstance("PKCS12");
            try (InputStream input = Files.newInputStream(store(name))) {
                keyStore.load(input, STORE_PASSWORD);
            }
            return keyStore;
        }

        SaslContext context() {
            return new Exchanges.Connection(Optional.of(server), Set.of());
        }

        Optional<byte[]> binding(String type) {
            return context().channelBinding(type);
        }

        /** What the client was shown. */
        X509Certificate serverCertificate() throws Exception {
            return (X509Certificate) client.getPeerCertificates()[0];
        }
    }
}
