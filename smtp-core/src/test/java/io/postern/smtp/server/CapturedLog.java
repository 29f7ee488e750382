package io.postern.smtp.server;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What a class logs while this is open, kept and shown nowhere else. {@code System.Logger} goes to java.util.logging. */
final class CapturedLog extends Handler implements AutoCloseable {

    private final Queue<LogRecord> records = new ConcurrentLinkedQueue<>();
    private final Logger logger;

    private CapturedLog(Logger logger) {
        this.logger = logger;
    }

    static CapturedLog of(Class<?> type) {
        return of(type, Level.ALL);
    }

    /** What is logged at least at this level; applications run at INFO. */
    static CapturedLog of(Class<?> type, Level level) {
        return of(Logger.getLogger(type.getName()), level);
    }

    /** What all classes of the server log at least at this level. */
    static CapturedLog ofEverything(Level level) {
        return of(Logger.getLogger("io.postern"), level);
    }

    private static CapturedLog of(Logger logger, Level level) {
        CapturedLog log = new CapturedLog(logger);
        logger.setUseParentHandlers(false);
        logger.setLevel(level);
        logger.addHandler(log);
        return log;
    }

    List<String> messages() {
        return records.stream().map(LogRecord::getMessage).toList();
    }

    /** The messages with all that stands beside them: parameters, and failures with their causes. */
    List<String> texts() {
        SimpleFormatter formatter = new SimpleFormatter();
        return records.stream().map(formatter::format).toList();
    }

    List<String> at(Level level) {
        return records.stream()
                .filter(entry -> entry.getLevel().equals(level))
                .map(LogRecord::getMessage)
                .toList();
    }

    @Override
    public void publish(LogRecord entry) {
        records.add(entry);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setLevel(null);
        logger.setUseParentHandlers(true);
    }
}
