package io.postern.smtp.lmtp;

import io.postern.smtp.testkit.RawSmtpClient;
import java.net.SocketAddress;
import java.util.List;
import java.util.stream.Stream;

/** A client whose replies are compared as they were on the wire. */
record Client(RawSmtpClient wire) implements AutoCloseable {

    Client(SocketAddress server) {
        this(RawSmtpClient.connect(server));
    }

    /** Sends the text as it stands. */
    Client send(String text) {
        wire.send(text);
        return this;
    }

    /** The next replies, each of one line. */
    List<String> lines(int count) {
        return Stream.generate(() -> wire.readReply().toString()).limit(count).toList();
    }

    /** Sends a command and reads its reply of one or more lines. */
    List<String> ask(String command) {
        return wire.command(command).toString().lines().toList();
    }

    @Override
    public void close() {
        wire.close();
    }
}
