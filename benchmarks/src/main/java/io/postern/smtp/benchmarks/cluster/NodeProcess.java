package io.postern.smtp.benchmarks.cluster;

import io.postern.smtp.benchmarks.ChildProcess;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;

/** A {@link Node} in a process of its own. */
final class NodeProcess implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;

    private NodeProcess(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.US_ASCII);
    }

    static NodeProcess start(int number, String cluster, String ports) throws IOException {
        return new NodeProcess(
                new ProcessBuilder(ChildProcess.javaCommand(Node.class, Integer.toString(number), cluster, ports))
                        .redirectError(Redirect.DISCARD)
                        .start());
    }

    /** What it says when it is ready. */
    String awaitLine() throws IOException {
        String line = output.readLine();
        if (line == null) {
            throw new EOFException("a node did not start");
        }
        return line;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
