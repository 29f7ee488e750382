package io.postern.smtp.benchmarks.startup;

import io.postern.smtp.benchmarks.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Times {@code postern} from the start of its process to the line which says that it listens. */
public final class StartUp {

    private static final int ROUNDS = 11;

    private StartUp() {}

    /** Prints medians for the jar that is the argument: as it is, and with an archive of its classes, in turns. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 1) {
            System.err.println("StartUp takes one argument, the path of postern.jar");
            System.exit(2);
        }
        String jar = arguments[0];
        Path directory = Files.createTempDirectory("startup");
        Path archive = directory.resolve("postern.jsa");
        try {
            millis(jar, "-XX:ArchiveClassesAtExit=" + archive, "-Xlog:disable");
            long[] plain = new long[ROUNDS];
            long[] archived = new long[ROUNDS];
            for (int i = 0; i < ROUNDS; i++) {
                plain[i] = millis(jar);
                archived[i] = millis(jar, "-XX:SharedArchiveFile=" + archive);
            }
            System.out.printf("plain %d ms, with an archive %d ms%n", median(plain), median(archived));
        } finally {
            Files.deleteIfExists(archive);
            Files.delete(directory);
        }
    }

    private static long millis(String jar, String... javaOptions) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
        command.addAll(List.of(javaOptions));
        command.addAll(List.of("-jar", jar, "-l", "127.0.0.1:0"));
        long begun = System.nanoTime();
        try (ChildProcess postern = ChildProcess.start(command)) {
            String line = postern.awaitLine();
            long took = System.nanoTime() - begun;
            if (!line.startsWith("postern listening")) {
                throw new IOException("said: " + line);
            }
            return TimeUnit.NANOSECONDS.toMillis(took);
        }
    }

    private static long median(long[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
