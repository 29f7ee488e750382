package io.postern.smtp.testkit.faults;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import javax.security.auth.x500.X500Principal;

/** Writes certificates (RFC 5280 §4.1), which the JDK can read but not make, in DER. They are signed with ECDSA. */
final class X509Writer {

    private static final int BOOLEAN = 0x01;
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int OBJECT_IDENTIFIER = 0x06;
    private static final int GENERALIZED_TIME = 0x18;
    private static final int SEQUENCE = 0x30;
    private static final int VERSION = 0xA0;
    private static final int EXTENSIONS = 0xA3;
    private static final int DNS_NAME = 0x82;
    private static final int IP_ADDRESS = 0x87;

    /** 1.2.840.10045.4.3.2, ecdsa-with-SHA256. */
    private static final byte[] ECDSA = {0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x04, 0x03, 0x02};
    /** 2.5.29.17. */
    private static final byte[] SUBJECT_ALT_NAME = {0x55, 0x1D, 0x11};
    /** 2.5.29.19. */
    private static final byte[] BASIC_CONSTRAINTS = {0x55, 0x1D, 0x13};

    private static final int SERIAL_BITS = 64;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter SHORT_TIME =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
    /** From then on years have four digits, before they must have two (RFC 5280 §4.1.2.5). */
    private static final Instant LONG_YEARS = Instant.parse("2050-01-01T00:00:00Z");

    private static final int UTC_TIME = 0x17;

    private final String subject;
    private final Instant from;
    private final Instant to;

    X509Writer(String subject, Instant from, Instant to) {
        this.subject = subject;
        this.from = from;
        this.to = to;
    }

    /** One that may issue others, issued by itself. */
    X509Certificate authority(KeyPair keys) throws GeneralSecurityException {
        byte[] isAuthority = der(SEQUENCE, der(BOOLEAN, new byte[] {(byte) 0xFF}));
        return write(
                subject,
                keys.getPrivate(),
                keys.getPublic(),
                der(
                        SEQUENCE,
                        der(OBJECT_IDENTIFIER, BASIC_CONSTRAINTS),
                        der(BOOLEAN, new byte[] {(byte) 0xFF}), // it is critical
                        der(OCTET_STRING, isAuthority)));
    }

    /** @param hosts names, or addresses as numbers */
    X509Certificate issuedBy(String issuer, KeyPair issuerKeys, PublicKey key, List<String> hosts)
            throws GeneralSecurityException {
        byte[][] names = hosts.stream().map(X509Writer::name).toArray(byte[][]::new);
        return write(
                issuer,
                issuerKeys.getPrivate(),
                key,
                der(SEQUENCE, der(OBJECT_IDENTIFIER, SUBJECT_ALT_NAME), der(OCTET_STRING, der(SEQUENCE, names))));
    }

    private static byte[] name(String host) {
        if (!host.matches("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*")) {
            return der(DNS_NAME, host.getBytes(StandardCharsets.US_ASCII));
        }
        try {
            return der(IP_ADDRESS, InetAddress.getByName(host).getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("host is " + host + "; allowed is a name or an address", e);
        }
    }

    private X509Certificate write(String issuer, PrivateKey issuerKey, PublicKey key, byte[] extension)
            throws GeneralSecurityException {
        byte[] algorithm = der(SEQUENCE, der(OBJECT_IDENTIFIER, ECDSA));
        byte[] content = der(
                SEQUENCE,
                der(VERSION, der(INTEGER, new byte[] {2})), // which is 3
                der(
                        INTEGER,
                        new BigInteger(SERIAL_BITS, new SecureRandom())
                                .add(BigInteger.ONE)
                                .toByteArray()),
                algorithm,
                new X500Principal(issuer).getEncoded(),
                der(SEQUENCE, time(from), time(to)),
                new X500Principal(subject).getEncoded(),
                key.getEncoded(),
                der(EXTENSIONS, der(SEQUENCE, extension)));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(issuerKey);
        signature.update(content);
        byte[] noUnusedBits = {0};
        byte[] whole = der(SEQUENCE, content, algorithm, der(BIT_STRING, noUnusedBits, signature.sign()));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(whole));
    }

    private static byte[] time(Instant time) {
        boolean isLong = !time.isBefore(LONG_YEARS);
        String text = (isLong ? TIME : SHORT_TIME).format(time);
        return der(isLong ? GENERALIZED_TIME : UTC_TIME, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** A value of so many parts, with its tag and its length in front (X.690 §8.1). */
    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        value.write(tag);
        int length = content.size();
        if (length < 0x80) {
            value.write(length);
        } else if (length < 0x100) {
            value.write(0x81);
            value.write(length);
        } else {
            value.write(0x82);
            value.write(length >> 8);
            value.write(length);
        }
        value.writeBytes(content.toByteArray());
        return value.toByteArray();
    }
}
