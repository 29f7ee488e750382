package io.postern.smtp.testkit.faults;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate for a test server that is wrong in one way, and issued by an authority that clients can be made to trust,
 * so that nothing else is wrong with it:
 *
 * <pre>{@code
 * FaultyCertificate expired = FaultyCertificate.expired("mx.example.test");
 * try (TestSmtpServer server = TestSmtpServer.start(handler, new SmtpServerOptions().setTls(expired.serverOptions()))) {
 *     // a client with expired.clientContext() must refuse to go on
 * }
 * }</pre>
 *
 * <p>Each has a key and an authority of its own, made with nothing but the JDK; nothing is written to a disk.
 */
public final class FaultyCertificate {

    /** How long one is valid, and how long ago an expired one has expired. */
    public static final Duration VALIDITY = Duration.ofDays(1);

    private static final String AUTHORITY = "CN=Postern test authority";

    private final Authority authority;
    private final String host;
    private final X509Certificate certificate;
    private final KeyPair keys;

    private record Authority(KeyPair keys, X509Certificate certificate) {

        static Authority create() throws GeneralSecurityException {
            KeyPair keys = newKeys();
            Instant now = Instant.now();
            Duration range = VALIDITY.multipliedBy(4);
            return new Authority(keys, new X509Writer(AUTHORITY, now.minus(range), now.plus(range)).authority(keys));
        }
    }

    private FaultyCertificate(Authority authority, String host, List<String> names, Instant from)
            throws GeneralSecurityException {
        this.authority = authority;
        this.host = host;
        this.keys = newKeys();
        this.certificate = new X509Writer("CN=" + host, from, from.plus(VALIDITY))
                .issuedBy(AUTHORITY, authority.keys(), keys.getPublic(), names);
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static FaultyCertificate create(String host, List<String> names, Instant from) {
        try {
            return new FaultyCertificate(Authority.create(), host, names, from);
        } catch (GeneralSecurityException e) {
            throw unable(e);
        }
    }

    private static IllegalStateException unable(GeneralSecurityException cause) {
        return new IllegalStateException("this JDK can not make or trust a certificate", cause);
    }

    private static List<String> reachable(String host) {
        return List.of(host, "localhost", "127.0.0.1", "::1");
    }

    private static Instant aWhileAgo() {
        return Instant.now().minus(Duration.ofMinutes(5)); // clocks of clients may differ
    }

    /** One that is right but for its time, which is over. */
    public static FaultyCertificate expired(String host) {
        return create(host, reachable(host), aWhileAgo().minus(VALIDITY.multipliedBy(2)));
    }

    /** One that is right but for its time, which is still to come. */
    public static FaultyCertificate notYetValid(String host) {
        return create(host, reachable(host), Instant.now().plus(VALIDITY));
    }

    /** One that is for this host alone, and not for the loopback address that clients of a test server connect to. */
    public static FaultyCertificate forAnotherName(String other) {
        return create(other, List.of(other), aWhileAgo());
    }

    /** One of the same authority with which nothing is wrong: what an administrator who was told of the fault puts in. */
    public FaultyCertificate mended() {
        try {
            return new FaultyCertificate(authority, host, reachable(host), aWhileAgo());
        } catch (GeneralSecurityException e) {
            throw unable(e);
        }
    }

    /** What {@link io.postern.smtp.SmtpServerOptions#setTls} takes, or {@link io.postern.smtp.SmtpServer#updateTls}. */
    public ServerSSLOptions serverOptions() {
        return new ServerSSLOptions()
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addKeyValue(Buffer.buffer(keyPem()))
                        .addCertValue(Buffer.buffer(certificatePem())));
    }

    /** For a client that trusts the authority of this certificate and no other. */
    public SSLContext clientContext() {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("authority", authority.certificate());
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw unable(e);
        } catch (IOException e) { // nothing is read
            throw new UncheckedIOException(e);
        }
    }

    /** The certificate itself. */
    public X509Certificate certificate() {
        return certificate;
    }

    /** The certificate as PEM. */
    public String certificatePem() {
        return pem("CERTIFICATE", encoded(certificate));
    }

    /** The certificate of the authority as PEM, for clients that read what they trust from a file. */
    public String authorityPem() {
        return pem("CERTIFICATE", encoded(authority.certificate()));
    }

    /** The private key as PEM, in PKCS #8. It is as secret as what is tested with it. */
    public String keyPem() {
        return pem("PRIVATE KEY", keys.getPrivate().getEncoded());
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw unable(e);
        }
    }

    private static String pem(String type, byte[] content) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n";
    }

    /** Its subject and its time; no key. */
    @Override
    public String toString() {
        return certificate.getSubjectX500Principal() + ", valid from " + certificate.getNotBefore() + " to "
                + certificate.getNotAfter();
    }
}
