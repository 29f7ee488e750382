package io.postern.smtp.sasl;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.PSSParameterSpec;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Channel binding data of a TLS session, seen from the server. */
final class ChannelBinding {

    static final String EXPORTER = "tls-exporter";
    static final String SERVER_END_POINT = "tls-server-end-point";

    // RFC 9266 §2
    private static final String EXPORTER_LABEL = "EXPORTER-Channel-Binding";
    private static final int EXPORTER_LENGTH = 32;

    /** {@code exportKeyingMaterialData(String, byte[], int)}, which Java has since 25. */
    private static final @Nullable Method EXPORT = findExport();

    private ChannelBinding() {}

    static Optional<byte[]> of(String type, SSLSession session) {
        return switch (type) {
            case EXPORTER -> exporter(session);
            case SERVER_END_POINT -> serverEndPoint(session);
            default -> Optional.empty();
        };
    }

    private static Optional<byte[]> exporter(SSLSession session) {
        // RFC 9266 §3: with TLS 1.2 the exporter binds only under conditions that a session does not tell us
        if (EXPORT == null
                || !(session instanceof ExtendedSSLSession)
                || !session.getProtocol().equals("TLSv1.3")) {
            return Optional.empty();
        }
        try {
            return Optional.of((byte[]) EXPORT.invoke(session, EXPORTER_LABEL, new byte[0], EXPORTER_LENGTH));
        } catch (InvocationTargetException | IllegalAccessException cannotExport) {
            return Optional.empty();
        }
    }

    private static @Nullable Method findExport() {
        try {
            return ExtendedSSLSession.class.getMethod(
                    "exportKeyingMaterialData", String.class, byte[].class, int.class);
        } catch (NoSuchMethodException olderJava) {
            return null;
        }
    }

    private static Optional<byte[]> serverEndPoint(SSLSession session) {
        Certificate[] own = session.getLocalCertificates();
        if (own == null || own.length == 0 || !(own[0] instanceof X509Certificate certificate)) {
            return Optional.empty();
        }
        try {
            Optional<String> hash = hashOf(certificate);
            if (hash.isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(MessageDigest.getInstance(hash.get()).digest(certificate.getEncoded()));
        } catch (GeneralSecurityException unknownHash) {
            return Optional.empty();
        }
    }

    /** RFC 5929 §4.1: the hash of the certificate's signature; SHA-256 for MD5 and SHA-1; undefined without a hash. */
    private static Optional<String> hashOf(X509Certificate certificate) throws GeneralSecurityException {
        String signature = certificate.getSigAlgName().toUpperCase(Locale.ROOT);
        if (signature.equals("RSASSA-PSS")) {
            return pssHash(certificate.getSigAlgParams());
        }
        int with = signature.indexOf("WITH");
        if (with < 0) {
            return Optional.empty();
        }
        return Optional.of(
                switch (signature.substring(0, with)) {
                    case "MD5", "SHA1" -> "SHA-256";
                    case "SHA224" -> "SHA-224";
                    case "SHA256" -> "SHA-256";
                    case "SHA384" -> "SHA-384";
                    case "SHA512" -> "SHA-512";
                    // SHA3-256 and whatever comes are named alike by signature and digest
                    default -> signature.substring(0, with);
                });
    }

    private static Optional<String> pssHash(byte @Nullable [] encoded) throws GeneralSecurityException {
        if (encoded == null) {
            return Optional.empty();
        }
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("RSASSA-PSS");
        try {
            parameters.init(encoded);
        } catch (IOException malformed) {
            return Optional.empty();
        }
        String hash = parameters.getParameterSpec(PSSParameterSpec.class).getDigestAlgorithm();
        return Optional.of(hash.equals("SHA-1") ? "SHA-256" : hash);
    }
}
