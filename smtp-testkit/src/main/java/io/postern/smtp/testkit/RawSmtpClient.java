package io.postern.smtp.testkit;

import static java.net.StandardProtocolFamily.UNIX;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A client that puts exactly those bytes on the wire that it is given, right or wrong, and reads replies.
 *
 * <pre>{@code
 * try (RawSmtpClient client = RawSmtpClient.connect(server.host(), server.port())) {
 *     client.expect(220);
 *     client.command("EHLO client.example").expect(250);
 *     client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
 * }
 * }</pre>
 *
 * <p>Every call blocks until it is done, but never longer than the timeout, 10 s at first; then it fails with an
 * {@link UncheckedIOException}, as it does when the connection fails. For one thread at a time.
 */
public final class RawSmtpClient implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_LINE = 4_096;
    /** How many lines a reply may have: a server that never ends one must not fill the memory. */
    private static final int MAX_LINES = 1_000;
    /** How much may come before the end of a connection that is waited for. */
    private static final int MAX_REST = 1 << 20;

    private Wire wire;
    private final ByteBuffer input = ByteBuffer.allocate(65_536).limit(0);
    private Duration timeout = TIMEOUT;

    private RawSmtpClient(Wire wire) {
        this.wire = wire;
    }

    /** Connects to the first of the host's addresses that accepts; the greeting is still to be read. */
    public static RawSmtpClient connect(String host, int port) {
        @Nullable UncheckedIOException refused = null;
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                try {
                    return connect(new InetSocketAddress(address, port));
                } catch (UncheckedIOException e) {
                    refused = e;
                }
            }
        } catch (UnknownHostException e) {
            refused = new UncheckedIOException(host + " has no address", e);
        }
        throw Objects.requireNonNull(refused); // a host has one address at the least
    }

    /**
     * Connects to one address, the greeting is still to be read.
     *
     * @param address an {@link InetSocketAddress}, or a {@link java.net.UnixDomainSocketAddress}
     */
    public static RawSmtpClient connect(SocketAddress address) {
        try {
            SocketChannel channel =
                    address instanceof InetSocketAddress ? SocketChannel.open() : SocketChannel.open(UNIX);
            try {
                if (address instanceof InetSocketAddress) {
                    channel.socket().connect(address, (int) TIMEOUT.toMillis());
                } else {
                    channel.connect(address);
                }
                return new RawSmtpClient(new PlainWire(channel));
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot connect to " + address, e);
        }
    }

    /** A client on a connection that is there already; the greeting is still to be read. */
    public static RawSmtpClient over(Wire wire) {
        return new RawSmtpClient(wire);
    }

    /** How long each later call may take. */
    public RawSmtpClient setTimeout(Duration timeout) {
        this.timeout = timeout;
        return this;
    }

    /** Sends a text as it stands, in UTF-8; nothing is added to it. */
    public RawSmtpClient send(String text) {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends octets as they are. */
    public RawSmtpClient send(byte[] octets) {
        int sent = sendUntilStuck(octets, timeout);
        if (sent < octets.length) {
            throw new UncheckedIOException(new SocketTimeoutException(
                    "the server took " + sent + " of " + octets.length + " octets and no more for " + timeout));
        }
        return this;
    }

    /** Sends octets in pieces of {@code size}, each with a write of its own. */
    public RawSmtpClient sendInPieces(byte[] octets, int size) {
        for (int from = 0; from < octets.length; from += size) {
            byte[] piece = new byte[Math.min(size, octets.length - from)];
            System.arraycopy(octets, from, piece, 0, piece.length);
            send(piece);
        }
        return this;
    }

    /**
     * Sends octets until all are gone or none was taken for a while.
     *
     * @param patience how long a server that takes nothing is waited for
     * @return how many octets were taken
     */
    public int sendUntilStuck(byte[] octets, Duration patience) {
        ByteBuffer output = ByteBuffer.wrap(octets);
        try {
            while (output.hasRemaining()) {
                if (wire.write(output, patience) == 0) {
                    break;
                }
            }
            return output.position();
        } catch (IOException e) {
            throw new UncheckedIOException("sending failed after " + output.position() + " octets", e);
        }
    }

    /** Sends a command line, CR LF added, and reads the reply to it. */
    public WireReply command(String line) {
        return send(line + "\r\n").readReply();
    }

    /** Reads one reply, which must have this code. */
    public WireReply expect(int code) {
        return readReply().expect(code);
    }

    /**
     * Reads one reply, all its lines.
     *
     * @throws AssertionError when what came is not a reply: no code, codes that differ, a bare LF, a line or a reply without
     *     end
     */
    public WireReply readReply() {
        List<String> lines = new ArrayList<>();
        String first = readLine();
        String line = first;
        while (true) {
            if (!line.matches("[2-5][0-9][0-9]([ -].*)?") || !line.startsWith(first.substring(0, 3))) {
                throw new AssertionError("not a line of a reply: \"" + line + "\" after " + lines);
            }
            lines.add(line.length() < 4 ? "" : line.substring(4));
            if (line.length() < 4 || line.charAt(3) == ' ') {
                return new WireReply(Integer.parseInt(first.substring(0, 3)), lines);
            }
            if (lines.size() == MAX_LINES) {
                throw new AssertionError("a reply of more than " + MAX_LINES + " lines, such as \"" + line + "\"");
            }
            line = readLine();
        }
    }

    private String readLine() {
        byte[] line = new byte[MAX_LINE];
        for (int length = 0; length < MAX_LINE; length++) {
            int octet = read();
            if (octet < 0) {
                throw new UncheckedIOException(new EOFException("the server closed the connection after \""
                        + new String(line, 0, length, StandardCharsets.UTF_8) + "\""));
            }
            line[length] = (byte) octet;
            if (octet == '\n') {
                if (length == 0 || line[length - 1] != '\r') {
                    throw new AssertionError("a line that ends without CR: \""
                            + new String(line, 0, length, StandardCharsets.UTF_8) + "\"");
                }
                return new String(line, 0, length - 1, StandardCharsets.UTF_8);
            }
        }
        throw new AssertionError("a line of more than " + MAX_LINE + " octets");
    }

    /**
     * Whether something is there to be read, be it the end of the connection. It does not wait: from a server in a network
     * something may be on its way, from one in memory nothing is.
     */
    public boolean hasInput() {
        if (input.hasRemaining()) {
            return true;
        }
        try {
            return fill(Duration.ZERO) != 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int fill(Duration patience) throws IOException {
        input.clear();
        try {
            return wire.read(input, patience);
        } finally {
            input.flip();
        }
    }

    /**
     * Reads until the server closes the connection.
     *
     * @return what came before that, as UTF-8
     * @throws AssertionError when more than 1 MiB comes
     */
    public String readToEnd() {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        int octet;
        while ((octet = read()) >= 0) {
            if (octets.size() == MAX_REST) {
                throw new AssertionError("the server sent " + MAX_REST + " octets and more instead of closing");
            }
            octets.write(octet);
        }
        return octets.toString(StandardCharsets.UTF_8);
    }

    /** Reads one octet; -1 when the server has closed the connection. */
    private int read() {
        try {
            while (!input.hasRemaining()) {
                int count = fill(timeout);
                if (count < 0) {
                    return -1;
                }
                if (count == 0) {
                    throw new SocketTimeoutException("the server sent nothing for " + timeout);
                }
            }
            return input.get() & 0xFF;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Makes the TLS handshake: at once where the port asks for it, else when the server has answered STARTTLS.
     *
     * @param tls trusts the server's certificate; its name is not checked, which is not a matter of the wire
     * @return what was agreed on
     * @throws IllegalStateException when the server has sent something that was not read yet
     */
    public SSLSession startTls(SSLContext tls) {
        if (input.hasRemaining()) {
            throw new IllegalStateException("there are " + input.remaining() + " octets to be read before TLS");
        }
        try {
            TlsWire encrypted = new TlsWire(wire, tls.createSSLEngine(), timeout);
            wire = encrypted;
            return encrypted.session();
        } catch (IOException e) {
            throw new UncheckedIOException("the TLS handshake failed", e);
        }
    }

    /** Says that nothing more will be sent, but goes on to read. */
    public RawSmtpClient shutdownOutput() {
        try {
            wire.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Drops the connection with a reset, as a client that crashed does. */
    public void reset() {
        try {
            wire.reset();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes the connection without a word; send QUIT before to part politely. */
    @Override
    public void close() {
        try {
            wire.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
