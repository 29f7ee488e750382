package io.postern.smtp.handlers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends what it is told, byte for byte, and reads replies. */
final class WireClient implements AutoCloseable {

    private final Socket socket;
    private final BufferedReader replies;
    private final OutputStream output;

    WireClient(String host, int port) throws IOException {
        socket = new Socket(host, port);
        socket.setSoTimeout(30_000);
        socket.setTcpNoDelay(true);
        replies = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        output = socket.getOutputStream();
        reply();
        say("EHLO client.example.org");
    }

    int port() {
        return socket.getLocalPort();
    }

    /** Sends a command. @return the last line of its reply */
    String say(String command) throws IOException {
        send(command + "\r\n");
        return reply();
    }

    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    void send(byte[] bytes) throws IOException {
        output.write(bytes);
        output.flush();
    }

    String reply() throws IOException {
        String line;
        do {
            line = replies.readLine();
        } while (line != null && line.startsWith("-", 3));
        return line == null ? "closed" : line;
    }

    /** Begins a transaction up to the 354 of DATA. */
    void begin(String mailParameters, String... rcptArguments) throws IOException {
        say("MAIL FROM:<from@example.org>" + mailParameters);
        for (String argument : rcptArguments) {
            say("RCPT TO:" + argument);
        }
        say("DATA");
    }

    /** Sends a message whose text needs no dots added, and reads the reply to it. */
    String message(String text) throws IOException {
        begin("", "<to@example.org>");
        return finish(text);
    }

    String finish(String text) throws IOException {
        send(text.replace("\n", "\r\n"));
        return say(".");
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
