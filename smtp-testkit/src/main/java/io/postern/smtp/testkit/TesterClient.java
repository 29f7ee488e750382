package io.postern.smtp.testkit;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Who connects to an {@link SmtpHandlerTester}, and so what the handler finds in its session. All of it comes about as it
 * does on a socket, with the commands that it takes; the hooks that these concern are called.
 */
public final class TesterClient {

    private static final int SOME_PORT = 50_000;
    private static final int SMTP_PORT = 25;

    private final SmtpHandlerTester tester;
    private InetSocketAddress peer;
    private String hostName = "client.example";
    private Optional<InetSocketAddress> proxied = Optional.empty();
    private @Nullable SSLContext tls;
    private @Nullable String user;

    TesterClient(SmtpHandlerTester tester) {
        this.tester = tester;
        this.peer = address(TestSmtpServer.LOOPBACK);
    }

    private static InetSocketAddress address(String ip) {
        if (!ip.matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
            throw new IllegalArgumentException("address is \"" + ip + "\"; allowed is an IP address");
        }
        try {
            return new InetSocketAddress(InetAddress.getByName(ip), SOME_PORT); // asks nobody
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("address is \"" + ip + "\"; allowed is an IP address", e);
        }
    }

    /**
     * Connects from another address than 127.0.0.1.
     *
     * @param ip an IPv4 or IPv6 address
     */
    public TesterClient peer(String ip) {
        peer = address(ip);
        return this;
    }

    /**
     * Connects through a proxy, whose header (PROXY protocol, version 1) names the client.
     *
     * @param ip the address of the client; that of the proxy is {@link #peer}
     * @throws IllegalStateException when the options have no
     *     {@linkplain io.postern.smtp.SmtpServerOptions#setProxyProtocol PROXY protocol}
     */
    public TesterClient throughProxyFrom(String ip) {
        if (!tester.options().isProxyProtocol()) {
            throw new IllegalStateException("the options of the tester have no proxyProtocol");
        }
        proxied = Optional.of(address(ip));
        return this;
    }

    /**
     * Encrypts: with STARTTLS, or from the first octet where the options ask for it.
     *
     * @param trust trusts the server's certificate, as {@link TestCertificate#sslContext()} does
     */
    public TesterClient encrypted(SSLContext trust) {
        tls = trust;
        return this;
    }

    /** Gives this name in EHLO or LHLO, instead of {@code client.example}. */
    public TesterClient named(String name) {
        hostName = name;
        return this;
    }

    /** Logs in with AUTH PLAIN, with the password {@code secret}. */
    public TesterClient loggedInAs(String name) {
        user = name;
        return this;
    }

    /** Connects, after the header of the proxy and the handshake of implicit TLS if there are any. The greeting is unread. */
    public RawSmtpClient connect() {
        RawSmtpClient client = tester.connect(peer);
        proxied.ifPresent(source -> client.send(header(source)));
        SSLContext trust = tls;
        if (trust != null && tester.options().isImplicitTls()) {
            client.startTls(trust);
        }
        return client;
    }

    private static String header(InetSocketAddress source) {
        String ip = source.getAddress().getHostAddress();
        boolean v6 = ip.contains(":");
        return String.format(
                "PROXY %s %s %s %d %d\r\n",
                v6 ? "TCP6" : "TCP4", ip, v6 ? "::1" : "127.0.0.1", source.getPort(), SMTP_PORT);
    }

    /**
     * Connects and goes on to where a transaction can begin: greeting, EHLO or LHLO, STARTTLS, AUTH, as far as asked for.
     *
     * @throws AssertionError when the server refuses one of them
     */
    public RawSmtpClient hello() {
        RawSmtpClient client = connect();
        client.expect(220);
        String hello = (tester.options().isLmtp() ? "LHLO " : "EHLO ") + hostName;
        client.command(hello).expect(250);
        SSLContext trust = tls;
        if (trust != null && !tester.options().isImplicitTls()) {
            client.command("STARTTLS").expect(220);
            client.startTls(trust);
            client.command(hello).expect(250);
        }
        if (user != null) {
            byte[] response = ("\0" + user + "\0secret").getBytes(StandardCharsets.UTF_8);
            client.command("AUTH PLAIN " + Base64.getEncoder().encodeToString(response))
                    .expect(235);
        }
        return client;
    }
}
