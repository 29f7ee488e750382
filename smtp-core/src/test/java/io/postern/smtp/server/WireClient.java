package io.postern.smtp.server;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** A client of the driver's tests: sends what it is told to, reads lines, and never waits longer than its timeout. */
final class WireClient implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final ByteBuffer input = ByteBuffer.allocate(65_536).limit(0);

    private @Nullable TlsRecords tls;

    WireClient(int port) throws IOException {
        this(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
    }

    WireClient(InetAddress address, int port) throws IOException {
        this(SocketChannel.open(new InetSocketAddress(address, port)));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    /** Connects to a Unix socket. */
    WireClient(Path socket) throws IOException {
        this(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    }

    private WireClient(SocketChannel connected) throws IOException {
        channel = connected;
        channel.configureBlocking(false);
        selector = Selector.open();
        key = channel.register(selector, 0);
    }

    WireClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    WireClient send(byte[] plain) throws IOException {
        byte[] octets = tls == null ? plain : tls.wrap(plain);
        int sent = sendUntilStuck(octets, TIMEOUT);
        if (sent < octets.length) {
            throw new SocketTimeoutException("the server took " + sent + " of " + octets.length + " octets");
        }
        return this;
    }

    /** Sends until all is gone or nothing was taken for {@code patience}. @return how many octets were taken */
    int sendUntilStuck(byte[] octets, Duration patience) throws IOException {
        ByteBuffer output = ByteBuffer.wrap(octets);
        while (output.hasRemaining()) {
            if (channel.write(output) == 0 && !awaits(SelectionKey.OP_WRITE, patience)) {
                break;
            }
        }
        return output.position();
    }

    /**
     * Shakes hands as a TLS client; from then on all is encrypted.
     *
     * @throws SSLException when the server does not want it or proves nothing
     */
    WireClient startTls(SSLEngine engine) throws IOException {
        return startTls(new byte[0], engine);
    }

    /** The same, with plain octets ahead of the first ones of TLS, in one segment with them. */
    WireClient startTls(byte[] ahead, SSLEngine engine) throws IOException {
        byte[] plain = ahead;
        engine.setUseClientMode(true);
        TlsRecords records = new TlsRecords(engine);
        engine.beginHandshake();
        while (!records.isEstablished()) {
            byte[] output = records.handshake(input);
            if (output.length > 0) {
                sendUntilStuck(joined(plain, output), TIMEOUT);
                plain = new byte[0];
            } else if (!records.isEstablished() && !fill()) {
                throw new SSLException("closed by the server in the handshake");
            }
        }
        tls = records;
        return this;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    SSLSession sslSession() {
        return Objects.requireNonNull(tls).session();
    }

    /** Sends a line and reads its reply. */
    String command(String line) throws IOException {
        return send(line + "\r\n").reply();
    }

    /** Reads a reply, its lines joined by {@code \n}. */
    String reply() throws IOException {
        StringBuilder reply = new StringBuilder();
        String line;
        do {
            line = line();
            reply.append(reply.isEmpty() ? "" : "\n").append(line);
        } while (line.length() > 3 && line.charAt(3) == '-');
        return reply.toString();
    }

    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.length() < 2 || line.lastIndexOf("\r\n") != line.length() - 2) {
            int octet = read();
            if (octet < 0) {
                throw new EOFException("closed by the server after \"" + line + "\"");
            }
            line.append((char) octet);
        }
        return line.substring(0, line.length() - 2);
    }

    /** What comes until the server closes the connection. */
    String readToEnd() throws IOException {
        StringBuilder text = new StringBuilder();
        int octet;
        while ((octet = read()) >= 0) {
            text.append((char) octet);
        }
        return text.toString();
    }

    /** Whether the server closes the connection, in order or by a reset, without another octet. */
    boolean isCut() throws IOException {
        try {
            return read() < 0;
        } catch (SocketException reset) {
            return true;
        }
    }

    /** Whether the server has sent nothing so far that was not read. */
    boolean sawNothing() throws IOException {
        input.compact();
        int count = channel.read(input);
        input.flip();
        return count == 0 && !input.hasRemaining();
    }

    private int read() throws IOException {
        if (tls != null) {
            while (!tls.hasPlain() && !tls.unwrap(input)) {
                if (!fill()) {
                    return -1;
                }
            }
            return tls.hasPlain() ? tls.read() : -1;
        }
        return input.hasRemaining() || fill() ? input.get() & 0xFF : -1;
    }

    /** Adds what the server sends to the input. @return false when it has closed the connection */
    private boolean fill() throws IOException {
        input.compact();
        try {
            while (true) {
                int count = channel.read(input);
                if (count != 0) {
                    return count > 0;
                }
                if (!awaits(SelectionKey.OP_READ, TIMEOUT)) {
                    throw new SocketTimeoutException("the server sent nothing for " + TIMEOUT);
                }
            }
        } finally {
            input.flip();
        }
    }

    private boolean awaits(int operation, Duration patience) throws IOException {
        key.interestOps(operation);
        selector.selectedKeys().clear();
        return selector.select(patience.toMillis()) > 0;
    }

    /** Says that nothing more will be sent, and goes on to read. */
    void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    /** Drops the connection as a client does that crashed. */
    void reset() throws IOException {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        close();
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
    }
}
