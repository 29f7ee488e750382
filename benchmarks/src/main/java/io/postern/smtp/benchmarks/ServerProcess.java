package io.postern.smtp.benchmarks;

import com.sun.management.ThreadMXBean;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.SmtpServerVerticle;
import io.postern.smtp.handlers.SinkHandler;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A server with 256 MB in a process of its own, so that what its clients do does not stop it. It reads messages and keeps
 * nothing.
 */
public final class ServerProcess implements AutoCloseable {

    private static final String EVENT_LOOP = "vert.x-eventloop-";

    private final ChildProcess process;
    private final int port;

    private ServerProcess(ChildProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts one with default options and one event loop. */
    public static ServerProcess start() throws IOException {
        return start(List.of(), List.of());
    }

    /**
     * Starts one.
     *
     * @param options what it serves with; where it listens and what it is called it decides itself
     * @param eventLoops how many serve
     */
    public static ServerProcess start(SmtpServerOptions options, int eventLoops) throws IOException {
        return start(List.of(), List.of(), options, eventLoops);
    }

    /**
     * Starts one with default options and one event loop.
     *
     * @param runner a command that runs it, such as {@code strace}; empty for none
     * @param javaOptions options for its JVM
     */
    public static ServerProcess start(List<String> runner, List<String> javaOptions) throws IOException {
        return start(runner, javaOptions, new SmtpServerOptions(), 1);
    }

    private static ServerProcess start(
            List<String> runner, List<String> javaOptions, SmtpServerOptions options, int eventLoops)
            throws IOException {
        List<String> command = new ArrayList<>(ChildProcess.javaCommand(
                ServerProcess.class,
                Integer.toString(eventLoops),
                options.toJson().encode()));
        command.addAll(1, javaOptions);
        command.addAll(0, runner);
        ChildProcess process = ChildProcess.start(command);
        return new ServerProcess(process, Integer.parseInt(process.awaitLine()));
    }

    /** Where it listens, on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** How many octets its event loops have allocated since they were started. */
    public long allocated() throws IOException {
        return ask(Question.ALLOCATED);
    }

    /** How many octets of its heap are in use after a collection. */
    public long liveHeap() throws IOException {
        return ask(Question.LIVE_HEAP);
    }

    private long ask(Question question) throws IOException {
        process.say(question.name());
        return Long.parseLong(process.awaitLine());
    }

    /** How much processor time it has used so far: {@link ChildProcess#cpuTime()}. */
    public Duration cpuTime() {
        return process.cpuTime();
    }

    /** Has it end by itself, so that whoever runs it sees all of it. */
    public void finish() throws IOException, InterruptedException {
        process.finish();
    }

    @Override
    public void close() {
        process.close();
    }

    /**
     * Runs in the process: prints its port, and serves until it, or who started it, is ended. Arguments: how many event loops,
     * and options as JSON.
     */
    public static void main(String[] arguments) throws Exception {
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        SmtpServerOptions options = new SmtpServerOptions(new JsonObject(arguments[1]))
                .setHost("127.0.0.1")
                .setPort(-1) // one for all
                .setHostName("mx.example");
        List<SmtpServerVerticle> verticles = new CopyOnWriteArrayList<>();
        vertx.deployVerticle(
                        () -> {
                            SmtpServerVerticle verticle = new SmtpServerVerticle(new SinkHandler(), options);
                            verticles.add(verticle);
                            return verticle;
                        },
                        new DeploymentOptions().setInstances(Integer.parseInt(arguments[0])))
                .await();
        System.out.println(verticles.get(0).server().actualPort());
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String question = questions.readLine(); question != null; question = questions.readLine()) {
            System.out.println(Question.valueOf(question).answer());
        }
        System.exit(0); // the other process has ended
    }

    /** What the process can be asked. */
    private enum Question {
        ALLOCATED,
        LIVE_HEAP;

        long answer() {
            return switch (this) {
                case ALLOCATED -> allocatedByEventLoops();
                case LIVE_HEAP -> {
                    System.gc();
                    yield ManagementFactory.getMemoryMXBean()
                            .getHeapMemoryUsage()
                            .getUsed();
                }
            };
        }
    }

    private static long allocatedByEventLoops() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(EVENT_LOOP))
                .mapToLong(thread -> threads.getThreadAllocatedBytes(thread.getId()))
                .sum();
    }
}
