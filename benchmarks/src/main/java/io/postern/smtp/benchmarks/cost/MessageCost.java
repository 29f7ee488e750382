package io.postern.smtp.benchmarks.cost;

import io.postern.smtp.benchmarks.BlockingClient;
import io.postern.smtp.benchmarks.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Counts what a message costs a server with default options that has its connections kept: octets allocated on the event
 * loop, and system calls. The JVM only interprets, so that the counts do not depend on what it has compiled by then: they are
 * an upper bound for one that is warm, and the same on every machine.
 */
public final class MessageCost {

    /** Waiting, reading and writing, timers of the kernel, and threads that wake each other. */
    private static final String TRACED = "epoll_wait,epoll_pwait,epoll_pwait2,epoll_ctl,"
            + "read,recvfrom,recvmsg,readv,write,writev,sendto,sendmsg,eventfd2,timerfd_settime,futex";

    /** A line of the table that strace prints: the share and the time, the calls, perhaps errors, and the name. */
    private static final Pattern COUNT =
            Pattern.compile("\\s*[0-9.]+\\s+[0-9.]+\\s+[0-9]+\\s+([0-9]+)\\s+(?:[0-9]+\\s+)?([a-z0-9_]+)");

    private static final List<String> INTERPRET = List.of("-Xint", "-XX:+UseSerialGC");
    private static final int WARM_UP = 100;

    private MessageCost() {}

    /** Prints the counts for each style. System calls are left out where {@code strace} cannot be used. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        for (Style style : Style.values()) {
            System.out.printf("%s: %,d octets allocated%n", style, allocated(style, 1_000));
            if (canTrace()) {
                systemCalls(style, 1_000).forEach((name, calls) -> System.out.printf("  %-16s %6.2f%n", name, calls));
            }
        }
    }

    /** Octets that the event loop allocates for each message, rounded down. */
    static long allocated(Style style, int messages) throws IOException {
        try (ServerProcess server = ServerProcess.start(List.of(), INTERPRET);
                BlockingClient client = new BlockingClient(server.port())) {
            greet(client);
            send(client, style, WARM_UP);
            long before = server.allocated();
            send(client, style, messages);
            return (server.allocated() - before) / messages;
        }
    }

    /** Whether there is an {@code strace}, and it may be used. */
    static boolean canTrace() throws InterruptedException {
        try {
            return new ProcessBuilder("strace", "-o", "/dev/null", "true")
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** How often each call is made for a message: what one server makes more than another that gets fewer messages. */
    static Map<String, Double> systemCalls(Style style, int messages) throws IOException, InterruptedException {
        Map<String, Long> few = countCalls(style, WARM_UP);
        Map<String, Double> each = new TreeMap<>();
        countCalls(style, WARM_UP + messages)
                .forEach((name, calls) -> each.put(name, (calls - few.getOrDefault(name, 0L)) / (double) messages));
        return each;
    }

    private static Map<String, Long> countCalls(Style style, int messages) throws IOException, InterruptedException {
        Path counts = Files.createTempFile("calls", ".txt");
        try {
            List<String> strace =
                    List.of("strace", "-f", "--seccomp-bpf", "-c", "-o", counts.toString(), "-e", "trace=" + TRACED);
            try (ServerProcess server = ServerProcess.start(strace, INTERPRET)) {
                try (BlockingClient client = new BlockingClient(server.port())) {
                    greet(client);
                    send(client, style, messages);
                }
                server.finish();
            }
            try (Stream<String> lines = Files.lines(counts)) {
                return lines.map(COUNT::matcher)
                        .filter(line -> line.matches() && !line.group(2).equals("total"))
                        .collect(Collectors.toMap(line -> line.group(2), line -> Long.valueOf(line.group(1))));
            }
        } finally {
            Files.delete(counts);
        }
    }

    private static void greet(BlockingClient client) throws IOException {
        client.expect("220");
        client.say("EHLO client.example\r\n", "250");
    }

    private static void send(BlockingClient client, Style style, int messages) throws IOException {
        for (int i = 0; i < messages; i++) {
            for (Style.Step step : style.steps()) {
                client.say(step.text(), step.replies().get(0).toString());
                for (Integer reply : step.replies().subList(1, step.replies().size())) {
                    client.expect(reply.toString());
                }
            }
        }
    }
}
