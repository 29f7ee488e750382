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
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A key and a certificate for it, signed by itself and made on the spot, for a server that offers TLS in a test:
 *
 * <pre>{@code
 * TestCertificate certificate = TestCertificate.create();
 * SmtpServerOptions options = TestSmtpServer.defaultOptions().setTls(certificate.serverOptions());
 * }</pre>
 *
 * <p>With these the server offers STARTTLS, and with {@link io.postern.smtp.SmtpServerOptions#setImplicitTls implicitTls} as
 * well it encrypts from the first octet. The other methods are for clients, in whatever form they want to be told what to
 * trust. Needs {@code io.netty:netty-pkitesting} on the class path.
 */
public final class TestCertificate {

    private final X509Bundle bundle;

    private TestCertificate(X509Bundle bundle) {
        this.bundle = bundle;
    }

    /** A certificate for {@code localhost}, {@code 127.0.0.1}, {@code ::1} and {@code mx.example.test}; it is valid now. */
    public static TestCertificate create() {
        try {
            return new TestCertificate(new CertificateBuilder()
                    .subject("CN=localhost")
                    .addSanDnsName("localhost")
                    .addSanDnsName(TestSmtpServer.HOST_NAME)
                    .addSanIpAddress(TestSmtpServer.LOOPBACK)
                    .addSanIpAddress(TestSmtpServer.LOOPBACK_V6)
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned());
        } catch (Exception e) { // that is what it declares
            throw new IllegalStateException("no certificate can be made here", e);
        }
    }

    /** The certificate and its key for {@link io.postern.smtp.SmtpServerOptions#setTls}. */
    public ServerSSLOptions serverOptions() {
        return new ServerSSLOptions()
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addKeyValue(Buffer.buffer(bundle.getPrivateKeyPEM()))
                        .addCertValue(Buffer.buffer(pem())));
    }

    /** The certificate. */
    public X509Certificate certificate() {
        return bundle.getCertificate();
    }

    /** The certificate as a file of it would be, with {@code BEGIN CERTIFICATE} (RFC 7468). */
    public String pem() {
        return bundle.getCertificatePEM();
    }

    /** This certificate and no other, for clients on Vert.x. */
    public PemTrustOptions trustOptions() {
        return new PemTrustOptions().addCertValue(Buffer.buffer(pem()));
    }

    /** A store, of type PKCS #12, in which this certificate is trusted and no other; {@link KeyStore#store} makes it a file. */
    public KeyStore trustStore() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setCertificateEntry("postern-test", certificate());
            return store;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) { // nothing is read
            throw new UncheckedIOException(e);
        }
    }

    /** A context for clients on the JDK that trust this certificate and no other. */
    public SSLContext sslContext() {
        try {
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trustStore());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
