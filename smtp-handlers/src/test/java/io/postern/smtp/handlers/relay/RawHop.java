package io.postern.smtp.handlers.relay;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A next hop that does what no server should: it follows a script on each connection, on a thread of its own. */
final class RawHop implements AutoCloseable {

    /** What it does on a connection, the first of which has number 0; the connection is closed when it returns. */
    interface Script {
        void serve(Wire wire, int number) throws IOException;
    }

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Queue<Socket> connections = new ConcurrentLinkedQueue<>();
    private final Queue<String> heard = new ConcurrentLinkedQueue<>();
    private final CountDownLatch over = new CountDownLatch(1);

    RawHop(Script script) throws IOException {
        Thread acceptor = new Thread(() -> accept(script), "raw-hop");
        acceptor.setDaemon(true);
        acceptor.start();
    }

    private void accept(Script script) {
        try {
            for (int number = 0; ; number++) {
                Socket socket = listener.accept();
                connections.add(socket);
                int which = number;
                Thread server = new Thread(() -> serve(script, socket, which), "raw-hop-" + number);
                server.setDaemon(true);
                server.start();
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void serve(Script script, Socket socket, int number) {
        try (socket) {
            script.serve(new Wire(socket), number);
        } catch (IOException gone) {
            heard.add("(gone)");
        }
    }

    int port() {
        return listener.getLocalPort();
    }

    /** How many connections there were. */
    int connections() {
        return connections.size();
    }

    /** The lines that were read so far, over all connections. */
    List<String> heard() {
        return List.copyOf(heard);
    }

    /** The relay's side of a connection. */
    final class Wire {

        final Socket socket;
        private final BufferedReader lines;

        private Wire(Socket socket) throws IOException {
            this.socket = socket;
            this.lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        }

        Wire say(String text) throws IOException {
            socket.getOutputStream().write((text + "\r\n").getBytes(StandardCharsets.UTF_8));
            return this;
        }

        /** Reads a line. @throws SocketException when the relay has closed the connection */
        String hear() throws IOException {
            String line = lines.readLine();
            if (line == null) {
                throw new SocketException("closed");
            }
            heard.add(line);
            return line;
        }

        /** Reads lines until one begins so. */
        Wire await(String beginning) throws IOException {
            String line = hear();
            while (!line.startsWith(beginning)) {
                line = hear();
            }
            return this;
        }

        /** Greets and answers EHLO with these extensions. */
        Wire open(String... extensions) throws IOException {
            say("220 raw.example.test").await("EHLO").say("250-raw.example.test");
            for (String extension : extensions) {
                say("250-" + extension);
            }
            return say("250 HELP");
        }

        /** Accepts a sender and a recipient. */
        Wire accept() throws IOException {
            return await("MAIL").say("250 ok").await("RCPT").say("250 ok");
        }

        /** Does nothing more until the relay closes the connection or the test ends. */
        void stall() {
            RawHop.await(over);
        }
    }

    /** Does nothing until something has happened, for a minute at most. */
    static void await(CountDownLatch event) {
        try {
            event.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        over.countDown();
        listener.close();
        for (Socket socket : connections) {
            socket.close();
        }
    }
}
