package io.postern.smtp.benchmarks;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLSocket;

/** Says something and waits for the reply. */
public final class BlockingClient implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 60_000;

    private Socket socket;
    private OutputStream output;
    private BufferedReader input;

    /** Lays TLS over a connection. */
    @FunctionalInterface
    public interface Encryption {

        /** @return what the handshake is done on */
        SSLSocket over(Socket plain) throws IOException;
    }

    /** Connects over the loopback. */
    public BlockingClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        output = socket.getOutputStream();
        input = reader(socket);
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** Says STARTTLS (RFC 3207), and goes on with TLS. */
    public void startTls(Encryption encryption) throws IOException {
        say("STARTTLS\r\n", "220");
        socket = encryption.over(socket);
        output = socket.getOutputStream();
        input = reader(socket);
    }

    /** Sends octets to which there is no reply, or not yet. */
    public void send(byte[] octets) throws IOException {
        output.write(octets);
    }

    /**
     * Sends octets, and reads a reply.
     *
     * @throws IOException also when the reply has another code
     */
    public void say(String text, String code) throws IOException {
        output.write(text.getBytes(StandardCharsets.US_ASCII));
        expect(code);
    }

    /**
     * Reads a reply to its last line.
     *
     * @throws IOException also when it has another code
     */
    public void expect(String code) throws IOException {
        String line;
        do {
            line = input.readLine();
            if (line == null) {
                throw new EOFException("closed while " + code + " was expected");
            }
            if (!line.startsWith(code)) {
                throw new IOException("expected " + code + ", but was: " + line);
            }
        } while (line.startsWith("-", code.length()));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
