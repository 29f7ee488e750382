package io.postern.smtp.benchmarks.scale;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.benchmarks.Mail;
import io.postern.smtp.benchmarks.Senders;
import io.postern.smtp.benchmarks.ServerProcess;
import io.postern.smtp.benchmarks.Strangers;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** The servers and clients of a table; all are ended with it. */
final class Bench implements AutoCloseable {

    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    /** Starts a server. */
    ServerProcess server(SmtpServerOptions options, int eventLoops) throws IOException {
        ServerProcess server = ServerProcess.start(options, eventLoops);
        open.push(server);
        return server;
    }

    /** Connects clients to it that are to send a mail. */
    Line line(String title, double units, ServerProcess server, int connections, Mail mail) throws IOException {
        Senders senders = new Senders(server.port(), connections, mail);
        open.push(senders);
        return new Line(title, units, server, senders);
    }

    /** Connects clients to it that do nothing. */
    void idle(ServerProcess server, int connections) throws IOException {
        open.push(new Strangers(server.port(), connections));
    }

    @Override
    public void close() throws IOException {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) { // that is what it declares
                throw new IOException(e);
            }
        }
    }
}
