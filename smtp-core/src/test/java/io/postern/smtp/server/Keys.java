package io.postern.smtp.server;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A key and a certificate for it, signed by itself. */
final class Keys {

    static final String PASSWORD = "changeit";

    private final Path store;
    private final KeyStore loaded;

    private Keys(Path store, KeyStore loaded) {
        this.store = store;
        this.loaded = loaded;
    }

    /** Makes one for a host, or for the owner of a client certificate. */
    static Keys of(Path directory, String name) throws Exception {
        return of(directory, name, "PKCS12");
    }

    static Keys of(Path directory, String name, String storeType) throws Exception {
        X509Bundle made = new CertificateBuilder()
                .subject("CN=" + name)
                .addSanDnsName(name)
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        KeyStore loaded = KeyStore.getInstance(storeType);
        loaded.load(null, null);
        loaded.setKeyEntry(
                "key", made.getKeyPair().getPrivate(), PASSWORD.toCharArray(), new Certificate[] {made.getCertificate()
                });
        Path store = Files.createTempFile(directory, "keys", ".store");
        try (OutputStream file = Files.newOutputStream(store)) {
            loaded.store(file, PASSWORD.toCharArray());
        }
        return new Keys(store, loaded);
    }

    Path store() {
        return store;
    }

    X509Certificate certificate() throws GeneralSecurityException {
        return (X509Certificate) loaded.getCertificate("key");
    }

    String certificatePem() throws GeneralSecurityException {
        return pem("CERTIFICATE", certificate().getEncoded());
    }

    String keyPem() throws GeneralSecurityException {
        return pem("PRIVATE KEY", loaded.getKey("key", PASSWORD.toCharArray()).getEncoded());
    }

    private static String pem(String type, byte[] content) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n";
    }

    /** This key as what a server shows. */
    ServerSSLOptions server() throws GeneralSecurityException {
        return new ServerSSLOptions()
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addKeyValue(Buffer.buffer(keyPem()))
                        .addCertValue(Buffer.buffer(certificatePem())));
    }

    /** What a server needs to trust in this key as that of a client. */
    PemTrustOptions trust() throws GeneralSecurityException {
        return new PemTrustOptions().addCertValue(Buffer.buffer(certificatePem()));
    }

    /** A client without a key of its own, that trusts everybody: tests look at the certificate themselves. */
    static SSLEngine client(String... protocols) throws GeneralSecurityException {
        return client(new KeyManager[0], "mx.example", protocols);
    }

    /** The same, and it asks for a host (SNI). */
    static SSLEngine clientOf(String host) throws GeneralSecurityException {
        return client(new KeyManager[0], host);
    }

    /** A client with this key. */
    SSLEngine asClient() throws GeneralSecurityException {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(loaded, PASSWORD.toCharArray());
        return client(keys.getKeyManagers(), "mx.example");
    }

    private static SSLEngine client(KeyManager[] keys, String host, String... protocols)
            throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, new TrustManager[] {new TrustInAll()}, null);
        SSLEngine engine = context.createSSLEngine(host, 25);
        if (protocols.length > 0) {
            engine.setEnabledProtocols(protocols);
        }
        return engine;
    }

    private static final class TrustInAll extends X509ExtendedTrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
