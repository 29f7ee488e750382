package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** An SMTP client that encrypts with what Java has, and trusts one certificate. */
final class TlsClient implements AutoCloseable {

    private Socket socket;
    private BufferedReader input;

    private TlsClient(Socket socket) throws IOException {
        use(socket);
    }

    private void use(Socket newSocket) throws IOException {
        socket = newSocket;
        socket.setSoTimeout(20_000);
        input = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Connects without encryption, and reads the greeting. */
    static TlsClient plain(String address) throws IOException {
        TlsClient client = new TlsClient(new Socket(InetAddress.getLoopbackAddress(), PosternProcess.port(address)));
        client.expect("220");
        return client;
    }

    /** Encrypts from the first octet on; has said EHLO. */
    static TlsClient implicit(String address, Pem trusted) throws Exception {
        TlsClient client = new TlsClient(
                encrypted(new Socket(InetAddress.getLoopbackAddress(), PosternProcess.port(address)), trusted));
        client.expect("220");
        client.ehlo();
        return client;
    }

    /** Has said STARTTLS, and EHLO behind it. */
    static TlsClient startTls(String address, Pem trusted) throws Exception {
        TlsClient client = plain(address);
        assertThat(client.ehlo()).contains("250-STARTTLS");
        client.command("STARTTLS", "220");
        client.use(encrypted(client.socket, trusted));
        client.ehlo();
        return client;
    }

    private static SSLSocket encrypted(Socket plain, Pem trusted) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("trusted", trusted.parsed());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
        socket.startHandshake();
        return socket;
    }

    /** What the server has shown. */
    Certificate serverCertificate() throws Exception {
        return ((SSLSocket) socket).getSession().getPeerCertificates()[0];
    }

    List<String> ehlo() throws IOException {
        return command("EHLO client.example.org", "250");
    }

    /** Sends a line, and reads a reply, which must have this code. @return its lines */
    List<String> command(String line, String code) throws IOException {
        socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
        return expect(code);
    }

    /** Sends a text in base64. */
    List<String> response(String text, String code) throws IOException {
        return command(base64(text), code);
    }

    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> expect(String code) throws IOException {
        List<String> lines = new ArrayList<>();
        do {
            lines.add(String.valueOf(input.readLine()));
        } while (lines.get(lines.size() - 1).startsWith(code + "-"));
        assertThat(lines).allSatisfy(line -> assertThat(line).startsWith(code));
        return lines;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
