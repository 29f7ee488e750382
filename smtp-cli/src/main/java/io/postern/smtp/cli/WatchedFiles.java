package io.postern.smtp.cli;

import io.vertx.core.Future;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Files that are read again when they change and on SIGHUP, on a thread of their own. A file that cannot be used is told
 * in one line on standard error, and what was read before stays in force.
 */
final class WatchedFiles {

    private static final Logger LOG = System.getLogger(WatchedFiles.class.getName());
    private static final Duration INTERVAL = Duration.ofSeconds(2);

    private final List<Watched> all = new ArrayList<>();
    private final ScheduledExecutorService watcher = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "postern-files");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * Adds files that are read together; before {@link #start}.
     *
     * @param reload called on the watching thread, which may be blocked
     */
    void add(List<Path> files, Callable<Future<?>> reload) {
        all.add(new Watched(files, reload));
    }

    /** Begins to watch, if there is anything. */
    @SuppressWarnings("FutureReturnValueIgnored") // the task tells its failures itself, and ends with the process
    void start() {
        if (all.isEmpty()) {
            return;
        }
        long millis = INTERVAL.toMillis();
        watcher.scheduleWithFixedDelay(() -> all.forEach(Watched::look), millis, millis, TimeUnit.MILLISECONDS);
        onHangup(() -> watcher.execute(() -> all.forEach(Watched::reload)));
    }

    /** What of the files tells that they are others now. */
    private static List<Object> state(List<Path> files) {
        return files.stream().map(WatchedFiles::state).toList();
    }

    private static Object state(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return List.of(attributes.lastModifiedTime(), attributes.size(), String.valueOf(attributes.fileKey()));
        } catch (IOException e) {
            return "unreadable";
        }
    }

    private static final class Watched {

        private final List<Path> files;
        private final Callable<Future<?>> reload;
        /** When they were read the last time, and at the last look. */
        private List<Object> read;

        private List<Object> seen;

        Watched(List<Path> files, Callable<Future<?>> reload) {
            this.files = files;
            this.reload = reload;
            this.read = state(files);
            this.seen = read;
        }

        /** Reads them if they have changed, but not before they have stopped to: a key follows on its certificate. */
        void look() {
            List<Object> now = state(files);
            boolean settled = now.equals(seen);
            seen = now;
            if (settled && !now.equals(read)) {
                reload();
            }
        }

        void reload() {
            read = state(files);
            try {
                reload.call().toCompletionStage().toCompletableFuture().join();
                LOG.log(Level.INFO, () -> "read " + names() + " again");
            } catch (CompletionException e) {
                complain(Objects.requireNonNullElse(e.getCause(), e));
            } catch (Exception e) {
                complain(e);
            }
        }

        private void complain(Throwable cause) {
            LOG.log(Level.INFO, "cannot use " + names(), cause);
            Postern.complain(
                    "cannot use " + names() + "; what was read before stays in force: " + StartFailure.reason(cause));
        }

        private String names() {
            return String.join(" and ", files.stream().map(Path::toString).toList());
        }
    }

    // javac warns of sun.misc.Signal, and that warning cannot be silenced; the class is here to stay (JEP 260)
    private static void onHangup(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler run = (proxy, method, arguments) -> {
                action.run();
                return null;
            };
            signal.getMethod("handle", signal, handler)
                    .invoke(
                            null,
                            signal.getConstructor(String.class).newInstance("HUP"),
                            Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, run));
        } catch (ReflectiveOperationException e) {
            LOG.log(Level.INFO, "there is no SIGHUP here", e);
        }
    }
}
