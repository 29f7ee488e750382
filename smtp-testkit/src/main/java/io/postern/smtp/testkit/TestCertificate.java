package io.postern.smtp.testkit;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A key and a certificate for it, made on the spot, for a server that offers TLS in a test:
 *
 * <pre>{@code
 * TestCertificate certificate = TestCertificate.create();
 * SmtpServerOptions options = TestSmtpServer.defaultOptions().setTls(certificate.serverOptions());
 * }</pre>
 *
 * <p>With these the server offers STARTTLS, and with {@link io.postern.smtp.SmtpServerOptions#setImplicitTls implicitTls} as
 * well it encrypts from the first octet. It is issued by an authority of its own, whom clients are to trust: they are told so
 * by {@link #sslContext()}, {@link #trustStore()}, {@link #trustOptions()} or {@link #authorityPem()}. So of {@link
 * #expired()}, {@link #notYetValid()} and {@link #forAnotherName} nothing is wrong but what their names say.
 *
 * <p>Needs {@code io.netty:netty-pkitesting} on the class path.
 */
public final class TestCertificate {

    private static final Duration VALIDITY = Duration.ofDays(1);
    private static final Duration LONGER = Duration.ofDays(7);

    private final X509Bundle authority;
    private final X509Bundle bundle;

    private TestCertificate(X509Bundle authority, X509Bundle bundle) {
        this.authority = authority;
        this.bundle = bundle;
    }

    /** A certificate for {@code localhost}, {@code 127.0.0.1}, {@code ::1} and {@code mx.example.test}; it is valid now. */
    public static TestCertificate create() {
        return issue(newAuthority(), here(), aWhileAgo());
    }

    /** One that is right but for its time, which is over since yesterday. */
    public static TestCertificate expired() {
        return issue(newAuthority(), here(), Instant.now().minus(VALIDITY.multipliedBy(2)));
    }

    /** One that is right but for its time, which begins tomorrow. */
    public static TestCertificate notYetValid() {
        return issue(newAuthority(), here(), Instant.now().plus(VALIDITY));
    }

    /**
     * One for another host, and not for any name or address that clients of a test server connect to.
     *
     * @param host such as {@code other.example.test}
     */
    public static TestCertificate forAnotherName(String host) {
        CertificateBuilder other =
                new CertificateBuilder().subject("CN=" + host).addSanDnsName(host);
        return issue(newAuthority(), other, aWhileAgo());
    }

    /** One by the same authority with which nothing is wrong: what an administrator who was told of the fault puts in. */
    public TestCertificate mended() {
        return issue(authority, here(), aWhileAgo());
    }

    private static CertificateBuilder here() {
        return new CertificateBuilder()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .addSanDnsName(TestSmtpServer.HOST_NAME)
                .addSanIpAddress(TestSmtpServer.LOOPBACK)
                .addSanIpAddress(TestSmtpServer.LOOPBACK_V6);
    }

    // clocks of clients may differ
    private static Instant aWhileAgo() {
        return Instant.now().minus(Duration.ofMinutes(5));
    }

    private static X509Bundle newAuthority() {
        try {
            return new CertificateBuilder()
                    .subject("CN=Postern test authority")
                    .setIsCertificateAuthority(true)
                    .notBefore(Instant.now().minus(LONGER))
                    .notAfter(Instant.now().plus(LONGER))
                    .buildSelfSigned();
        } catch (Exception e) { // that is what it declares
            throw unable(e);
        }
    }

    private static TestCertificate issue(X509Bundle authority, CertificateBuilder certificate, Instant from) {
        try {
            X509Bundle issued = certificate
                    .notBefore(from)
                    .notAfter(from.plus(VALIDITY))
                    .setIsCertificateAuthority(false)
                    .buildIssuedBy(authority);
            return new TestCertificate(authority, issued);
        } catch (Exception e) { // that is what it declares
            throw unable(e);
        }
    }

    private static IllegalStateException unable(Exception cause) {
        return new IllegalStateException("no certificate can be made or trusted here", cause);
    }

    /** The certificate and its key for {@link io.postern.smtp.SmtpServerOptions#setTls}. */
    public ServerSSLOptions serverOptions() {
        return new ServerSSLOptions()
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addKeyValue(Buffer.buffer(bundle.getPrivateKeyPEM()))
                        .addCertValue(Buffer.buffer(bundle.getCertificatePEM())));
    }

    /** The certificate. */
    public X509Certificate certificate() {
        return bundle.getCertificate();
    }

    /** The certificate of the authority as a file of it would be, with {@code BEGIN CERTIFICATE} (RFC 7468). */
    public String authorityPem() {
        return authority.getCertificatePEM();
    }

    /** The authority and no other, for clients on Vert.x. */
    public PemTrustOptions trustOptions() {
        return new PemTrustOptions().addCertValue(Buffer.buffer(authorityPem()));
    }

    /** A store, of type PKCS #12, in which the authority is trusted and no other; {@link KeyStore#store} makes it a file. */
    public KeyStore trustStore() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setCertificateEntry("postern-test", authority.getCertificate());
            return store;
        } catch (GeneralSecurityException e) {
            throw unable(e);
        } catch (IOException e) { // nothing is read
            throw new UncheckedIOException(e);
        }
    }

    /** A context for clients on the JDK that trust the authority and no other. */
    public SSLContext sslContext() {
        try {
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trustStore());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw unable(e);
        }
    }

    /** Its subject and its time; no key. */
    @Override
    public String toString() {
        return certificate().getSubjectX500Principal() + ", valid from "
                + certificate().getNotBefore() + " to " + certificate().getNotAfter();
    }
}
