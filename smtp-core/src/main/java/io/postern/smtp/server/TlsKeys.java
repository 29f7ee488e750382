package io.postern.smtp.server;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.JksOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.KeyStoreOptionsBase;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.PfxOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.TrustOptions;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509KeyManager;

/**
 * Loads the keys of a server before anything depends on them: reads every file, so that new contents under an old path
 * are seen, and checks that each key belongs to its certificate.
 */
final class TlsKeys {

    private static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");
    private static final List<String> KEY_TYPES = List.of("RSA", "RSASSA-PSS", "EC", "EdDSA", "Ed25519", "Ed448");

    private TlsKeys() {}

    /**
     * The options with what their files hold in the place of paths.
     *
     * @return fails when a file can not be read, or a key and its certificate do not belong together
     */
    static Future<ServerSSLOptions> load(Vertx vertx, ServerSSLOptions options) {
        KeyCertOptions keys = options.getKeyCertOptions();
        if (keys == null) {
            return Future.failedFuture(new IllegalArgumentException("tls has no keyCertOptions; a server needs a key"));
        }
        Set<String> protocols = new LinkedHashSet<>(options.getEnabledSecureTransportProtocols());
        protocols.retainAll(PROTOCOLS);
        if (protocols.isEmpty()) {
            return Future.failedFuture(new IllegalArgumentException("tls has enabledSecureTransportProtocols "
                    + options.getEnabledSecureTransportProtocols() + "; allowed are TLSv1.2 and TLSv1.3"));
        }
        return vertx.executeBlocking(
                        () -> {
                            ServerSSLOptions loaded = options.copy();
                            loaded.setEnabledSecureTransportProtocols(protocols);
                            loaded.setKeyCertOptions(read(vertx, keys));
                            if (options.getTrustOptions() != null) {
                                loaded.setTrustOptions(read(vertx, options.getTrustOptions()));
                            }
                            KeyManagerFactory factory =
                                    loaded.getKeyCertOptions().getKeyManagerFactory(vertx);
                            check(factory.getKeyManagers());
                            Sockets.prepareTls(factory);
                            return loaded;
                        },
                        false)
                .map(loaded -> Objects.requireNonNull(loaded));
    }

    private static KeyCertOptions read(Vertx vertx, KeyCertOptions keys) {
        if (keys instanceof PemKeyCertOptions pem) {
            PemKeyCertOptions values = new PemKeyCertOptions();
            pem.getKeyPaths().forEach(path -> values.addKeyValue(file(vertx, path)));
            pem.getKeyValues().forEach(values::addKeyValue);
            pem.getCertPaths().forEach(path -> values.addCertValue(file(vertx, path)));
            pem.getCertValues().forEach(values::addCertValue);
            return values;
        }
        return keys instanceof KeyStoreOptionsBase store ? (KeyCertOptions) read(vertx, store) : keys.copy();
    }

    private static TrustOptions read(Vertx vertx, TrustOptions trust) {
        if (trust instanceof PemTrustOptions pem) {
            PemTrustOptions values = new PemTrustOptions();
            pem.getCertPaths().forEach(path -> values.addCertValue(file(vertx, path)));
            pem.getCertValues().forEach(values::addCertValue);
            return values;
        }
        return trust instanceof KeyStoreOptionsBase store ? (TrustOptions) read(vertx, store) : trust.copy();
    }

    private static KeyStoreOptionsBase read(Vertx vertx, KeyStoreOptionsBase store) {
        KeyStoreOptionsBase copy = store.copy();
        String path = store.getPath();
        if (path != null && copy instanceof PfxOptions pfx) {
            pfx.setValue(file(vertx, path)).setPath(null);
        } else if (path != null && copy instanceof JksOptions jks) {
            jks.setValue(file(vertx, path)).setPath(null);
        }
        return copy;
    }

    private static Buffer file(Vertx vertx, String path) {
        return vertx.fileSystem().readFileBlocking(path);
    }

    private static void check(KeyManager[] managers) throws GeneralSecurityException {
        int keys = 0;
        for (KeyManager manager : managers) {
            if (manager instanceof X509KeyManager x509) {
                for (String type : KEY_TYPES) {
                    String[] aliases = x509.getServerAliases(type, null);
                    for (String alias : aliases == null ? new String[0] : aliases) {
                        checkPair(x509.getPrivateKey(alias), x509.getCertificateChain(alias)[0].getPublicKey());
                        keys++;
                    }
                }
            }
        }
        if (keys == 0) {
            throw new GeneralSecurityException("tls has no key with a certificate for a server");
        }
    }

    private static void checkPair(PrivateKey key, PublicKey certified) throws GeneralSecurityException {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        byte[] probe = {1, 2, 3};
        Signature signature = Signature.getInstance(algorithm);
        if (algorithm.equals("RSASSA-PSS")) {
            signature.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
        }
        signature.initSign(key);
        signature.update(probe);
        byte[] signed = signature.sign();
        signature.initVerify(certified);
        signature.update(probe);
        if (!signature.verify(signed)) {
            throw new GeneralSecurityException("the key does not belong to the certificate");
        }
    }
}
