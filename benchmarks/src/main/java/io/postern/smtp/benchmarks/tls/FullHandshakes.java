package io.postern.smtp.benchmarks.tls;

import io.postern.smtp.benchmarks.BlockingClient;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * TLS 1.3 with one cipher and one group, so that all servers do the same work, and no session that is resumed. Of a server that
 * can do no such handshake nothing is measured.
 */
final class FullHandshakes implements BlockingClient.Encryption {

    static final String PROTOCOL = "TLSv1.3";
    static final String CIPHER = "TLS_AES_128_GCM_SHA256";
    static final String GROUP = "x25519";

    static {
        // there is nothing else to choose a group with before JDK 20; read when the first context is made
        System.setProperty("jdk.tls.namedGroups", GROUP);
    }

    private final SSLContext context;
    private final AtomicLong begun = new AtomicLong();
    private final AtomicLong certificatesSeen = new AtomicLong();

    /** @param expected the only certificate that is trusted */
    FullHandshakes(X509Certificate expected) throws GeneralSecurityException {
        context = SSLContext.getInstance(PROTOCOL);
        context.init(null, new TrustManager[] {new Counting(expected)}, null);
    }

    @Override
    public SSLSocket over(Socket plain) throws IOException {
        // sessions are resumed by the name of the server, so each connection gives it another; the server is not told
        String name = "server-" + begun.incrementAndGet();
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, name, plain.getPort(), true);
        SSLParameters offer = socket.getSSLParameters();
        offer.setProtocols(new String[] {PROTOCOL});
        offer.setCipherSuites(new String[] {CIPHER});
        offer.setServerNames(List.of());
        socket.setSSLParameters(offer);
        socket.startHandshake();
        SSLSession session = socket.getSession();
        if (!session.getProtocol().equals(PROTOCOL) || !session.getCipherSuite().equals(CIPHER)) {
            throw new IOException("not what was offered: " + session);
        }
        return socket;
    }

    /** @throws IOException when a server has not shown its certificate each time, as it does not in a session that is resumed */
    void requireFull() throws IOException {
        if (begun.get() != certificatesSeen.get()) {
            throw new IOException(begun + " handshakes, but only " + certificatesSeen + " full ones");
        }
    }

    private final class Counting implements X509TrustManager {

        private final X509Certificate expected;

        Counting(X509Certificate expected) {
            this.expected = expected;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            if (!chain[0].equals(expected)) {
                throw new CertificateException("not the certificate that was made for this run");
            }
            certificatesSeen.incrementAndGet();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("not a server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
