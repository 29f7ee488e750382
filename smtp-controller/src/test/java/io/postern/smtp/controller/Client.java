package io.postern.smtp.controller;

import io.vertx.core.net.SocketAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A client that sends what it is told and reads line by line. */
final class Client implements AutoCloseable {

    private final SocketChannel channel;
    private final BufferedReader replies;

    Client(SmtpController controller) throws IOException {
        this(controller.address());
    }

    Client(EmbeddedSmtpController controller) throws IOException {
        this(controller.address());
    }

    Client(SocketAddress address) throws IOException {
        this(
                address.isDomainSocket()
                        ? UnixDomainSocketAddress.of(address.path())
                        : new InetSocketAddress(address.host(), address.port()));
    }

    private Client(java.net.SocketAddress address) throws IOException {
        channel = SocketChannel.open(address);
        replies =
                new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.US_ASCII));
    }

    /** Sends lines, each with CR LF behind it. */
    Client send(String... lines) throws IOException {
        String text = String.join("\r\n", lines) + "\r\n";
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
        return this;
    }

    /** The next line, or null at the end. */
    String line() throws IOException {
        return replies.readLine();
    }

    /** The code of the next reply, all of whose lines are read. */
    String code() throws IOException {
        String line;
        do {
            line = line();
        } while (line != null && line.length() > 3 && line.charAt(3) == '-');
        return line == null ? "closed" : line.substring(0, 3);
    }

    /** Sends one command and reads its reply. */
    String ask(String command) throws IOException {
        return send(command).code();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
