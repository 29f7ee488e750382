package io.postern.smtp.testkit.web;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A port of 127.0.0.1 to which nobody should connect; it notes who does. */
final class Canary implements AutoCloseable {

    private static final int BACKLOG = 100;

    private final ServerSocket socket;
    private final List<SocketAddress> connected = new CopyOnWriteArrayList<>();
    private final Thread thread = new Thread(this::watch, "canary");

    Canary() throws IOException {
        socket = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        thread.start();
    }

    private void watch() {
        try {
            while (true) {
                try (Socket visitor = socket.accept()) {
                    synchronized (connected) {
                        connected.add(visitor.getRemoteSocketAddress());
                        connected.notifyAll();
                    }
                }
            }
        } catch (IOException closed) {
            // as it should be at the end
        }
    }

    String url() {
        return "http://127.0.0.1:" + socket.getLocalPort() + "/";
    }

    /** How many have connected so far; those before this call are counted, as connections are taken in their order. */
    int visitors() throws IOException, InterruptedException {
        try (Socket own = new Socket(socket.getInetAddress(), socket.getLocalPort())) {
            synchronized (connected) {
                while (!connected.contains(own.getLocalSocketAddress())) {
                    connected.wait();
                }
                int before = connected.indexOf(own.getLocalSocketAddress());
                connected.remove(before);
                return before;
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
