package io.postern.smtp.benchmarks.tls;

import io.postern.smtp.benchmarks.ChildProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;

/**
 * Another server, which says a line when it listens.
 *
 * @param title what it is called in the table
 * @param command starts it, with {@code {port}}, {@code {cert}} and {@code {key}} for what it is to have there
 */
record Peer(String title, List<String> command) {

    /**
     * Reads an argument.
     *
     * @param argument such as <code>node=node smtp-server.js {port} {cert} {key}</code>; there are no quotes
     * @throws IllegalArgumentException when it has no title or does not say where the port goes
     */
    static Peer parse(String argument) {
        int equals = argument.indexOf('=');
        if (equals < 1 || !argument.substring(equals).contains("{port}")) {
            throw new IllegalArgumentException(
                    "a peer is given as NAME=COMMAND with {port}, {cert} and {key}, not as: " + argument);
        }
        String command = argument.substring(equals + 1).strip();
        return new Peer(argument.substring(0, equals), List.of(command.split(" +")));
    }

    /** Its command with these in their places. */
    List<String> command(int port, String certificate, String key) {
        return command.stream()
                .map(word -> word.replace("{port}", Integer.toString(port))
                        .replace("{cert}", certificate)
                        .replace("{key}", key))
                .toList();
    }

    /** Starts it, and waits until it listens. */
    TlsServer start(Certificate certificate) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        ChildProcess process = ChildProcess.start(
                command(port, certificate.file().toString(), certificate.key().toString()));
        try {
            process.awaitLine();
        } catch (IOException e) {
            process.close();
            throw new IOException(title + " did not start", e);
        }
        return new TlsServer(title, port, process::cpuTime, process);
    }
}
