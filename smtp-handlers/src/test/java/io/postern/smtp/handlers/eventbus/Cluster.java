package io.postern.smtp.handlers.eventbus;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/** Processes of a cluster of its own, on free ports of the loopback interface. */
final class Cluster implements AutoCloseable {

    private static final Path LOGS = Path.of("target", "cluster");

    private final String name = "test-" + UUID.randomUUID();
    private final List<Integer> ports;
    private final List<NodeProcess> nodes = new ArrayList<>();

    /** @param size how many nodes there can be */
    Cluster(int size) throws IOException {
        this.ports = freePorts(size);
        Files.createDirectories(LOGS);
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }

    /** Starts a server, whose first line is its port; its handler has this timeout. */
    NodeProcess server(Duration timeout) throws IOException {
        return start("server", timeout.toString());
    }

    /** Starts a consumer, which says when it is ready, and writes down what it has. */
    NodeProcess consumer(Path record) throws IOException {
        return start("consumer", record.toString());
    }

    private NodeProcess start(String role, String argument) throws IOException {
        // its own port first
        List<Integer> rotated = new ArrayList<>(ports);
        Collections.rotate(rotated, -nodes.size());
        String members = rotated.stream().map(String::valueOf).collect(Collectors.joining(","));
        NodeProcess node = NodeProcess.start(LOGS.resolve(name + ".log"), role, name, members, argument);
        nodes.add(node);
        return node;
    }

    @Override
    public void close() {
        nodes.forEach(NodeProcess::close);
    }
}
