package io.postern.smtp.benchmarks.maildir;

import io.postern.smtp.SmtpHandler;
import io.postern.smtp.benchmarks.ChildProcess;
import io.postern.smtp.handlers.maildir.MaildirHandler;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A way to store messages, as a server in a process of its own. */
enum Contender {
    /** {@link MaildirHandler} with default options: fsyncs of file and directory, grouped. */
    POSTERN("Postern, grouped") {
        @Override
        SmtpHandler handler(Vertx vertx, Path directory) {
            return new MaildirHandler(directory);
        }
    },
    /** {@link PlainMaildirHandler}: the same fsyncs, for each message. */
    PLAIN("fsyncs per message") {
        @Override
        SmtpHandler handler(Vertx vertx, Path directory) throws IOException {
            return new PlainMaildirHandler(vertx, directory);
        }
    },
    /** {@code aiosmtpd.handlers.Mailbox} as Debian has it: the file is synced, the directory is not. */
    AIOSMTPD("aiosmtpd Mailbox") {
        @Override
        boolean isCompiledMeanwhile() {
            return false;
        }

        @Override
        List<String> command(Path directory, int port) {
            return List.of(PYTHON.toString(), "-c", SCRIPT, directory.toString(), Integer.toString(port));
        }
    };

    static final Path PYTHON = Path.of("/usr/bin/python3");

    private static final String SCRIPT = """
            import sys
            from aiosmtpd.controller import Controller
            from aiosmtpd.handlers import Mailbox
            controller = Controller(Mailbox(sys.argv[1]), hostname='127.0.0.1', port=int(sys.argv[2]))
            controller.start()
            print('ready', flush=True)
            sys.stdin.read()
            controller.stop()
            """;

    private final String title;

    Contender(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /** Whether it becomes faster while it runs. */
    boolean isCompiledMeanwhile() {
        return true;
    }

    /** What stores messages, for those that are Java. */
    SmtpHandler handler(Vertx vertx, Path directory) throws IOException {
        throw new IllegalStateException(this + " is no handler");
    }

    /** What starts the server; it says a line when it listens, and ends with its standard input. */
    List<String> command(Path directory, int port) {
        return ChildProcess.javaCommand(StoringServer.class, name(), directory.toString(), Integer.toString(port));
    }
}
