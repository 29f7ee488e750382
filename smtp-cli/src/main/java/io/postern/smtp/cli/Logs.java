package io.postern.smtp.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * What of the log goes to standard error. Without {@code -d} that is one line for each fault of the server or its handler;
 * {@code -d} adds stack traces and what others have to say, {@code -dd} everything that goes over the wire.
 */
final class Logs {

    private static final String OURS = "io.postern.smtp";
    /** Loggers are collected when nobody holds them, and their levels with them. */
    private static final List<Logger> KEPT = List.of(Logger.getLogger(""), Logger.getLogger(OURS));

    private Logs() {}

    /** @param debug how often {@code -d} was given */
    static void configure(int debug) {
        LogManager.getLogManager().reset();
        ConsoleHandler console = new ConsoleHandler();
        console.setLevel(Level.ALL);
        console.setFormatter(new Lines(debug > 0));
        Logger root = KEPT.get(0);
        root.addHandler(console);
        root.setLevel(debug > 0 ? Level.INFO : Level.OFF);
        KEPT.get(1).setLevel(debug > 1 ? Level.FINE : debug > 0 ? Level.INFO : Level.WARNING);
    }

    private static final class Lines extends Formatter {

        private final boolean stackTraces;

        Lines(boolean stackTraces) {
            this.stackTraces = stackTraces;
        }

        @Override
        public String format(LogRecord entry) {
            StringBuilder line = new StringBuilder()
                    .append(entry.getInstant())
                    .append(' ')
                    .append(name(entry.getLevel()))
                    .append(' ')
                    .append(printable(formatMessage(entry)));
            Throwable thrown = entry.getThrown();
            if (thrown != null && !stackTraces) {
                line.append(": ").append(printable(thrown.toString()));
            }
            line.append('\n');
            if (thrown != null && stackTraces) {
                StringWriter trace = new StringWriter();
                thrown.printStackTrace(new PrintWriter(trace));
                line.append(trace);
            }
            return line.toString();
        }

        private static String name(Level level) {
            return level.equals(Level.FINE) ? "DEBUG" : level.equals(Level.SEVERE) ? "ERROR" : level.getName();
        }

        // a log line may hold what a client sent
        private static String printable(String text) {
            StringBuilder printable = new StringBuilder(text.length());
            text.chars().forEach(c -> {
                if (Character.isISOControl(c)) {
                    printable.append(String.format(Locale.ROOT, "\\x%02x", c));
                } else {
                    printable.append((char) c);
                }
            });
            return printable.toString();
        }
    }
}
