package io.postern.smtp.testkit.web;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Messages as files: {@code ID.eml} has the content, {@code ID.json} the envelope. Names are ours, nothing in a message or
 * request becomes a part of one. Everything here blocks.
 */
final class MailDirectory implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(MailDirectory.class.getName());

    private static final String CONTENT = ".eml";
    private static final String ENVELOPE = ".json";
    private static final String UNFINISHED = ".json.tmp";
    private static final String LOCK = ".lock";
    private static final Pattern NAME = Pattern.compile("(" + MailStore.ID + ")\\.json");
    /** A thousand recipients with all their parameters need less. */
    private static final long MAX_ENVELOPE = 4_194_304;

    private final Path directory;
    private final FileChannel locked;

    private MailDirectory(Path directory, FileChannel locked) {
        this.directory = directory;
        this.locked = locked;
    }

    /** Opens a directory, which is made when it is missing. @throws IOException when it cannot be used, or is used already */
    static MailDirectory open(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory, permissions(directory, "rwx------"));
        }
        FileChannel channel = FileChannel.open(
                directory.resolve(LOCK),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS);
        if (!lock(channel)) {
            channel.close();
            throw new FileSystemException(directory.toString(), null, "another page uses this directory");
        }
        return new MailDirectory(directory, channel);
    }

    /** The lock is held for as long as the channel is open. */
    private static boolean lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // by this process
        }
    }

    private static FileAttribute<?>[] permissions(Path directory, String permissions) {
        return directory.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /**
     * Reads what is there, the oldest first. What is no message that we have stored whole is left where it is, and told in
     * the log.
     */
    void load(BiConsumer<String, EnvelopeRecord> found) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            files.map(file -> file.getFileName().toString())
                    .sorted()
                    .map(NAME::matcher)
                    .filter(Matcher::matches)
                    .map(name -> name.group(1))
                    .forEach(id -> read(id).ifPresent(envelope -> found.accept(id, envelope)));
        }
    }

    private Optional<EnvelopeRecord> read(String id) {
        Path file = directory.resolve(id + ENVELOPE);
        try {
            if (!Files.isRegularFile(directory.resolve(id + CONTENT), LinkOption.NOFOLLOW_LINKS)) {
                throw new IllegalArgumentException("there is no " + id + CONTENT);
            }
            if (Files.size(file) > MAX_ENVELOPE) {
                throw new IllegalArgumentException("it is larger than " + MAX_ENVELOPE + " octets");
            }
            return Optional.of(EnvelopeRecord.parse(new JsonObject(Buffer.buffer(bytes(file)))));
        } catch (IOException | DecodeException | IllegalArgumentException e) {
            // what a parser says of it may have its content
            String reason = e instanceof DecodeException ? "it is no JSON object" : e.getMessage();
            LOG.log(System.Logger.Level.WARNING, "passed over " + file + ": " + reason);
            return Optional.empty();
        }
    }

    private static byte[] bytes(Path file) throws IOException {
        try (InputStream input = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            return input.readAllBytes();
        }
    }

    long size(String id) throws IOException {
        return Files.size(directory.resolve(id + CONTENT));
    }

    Buffer content(String id) throws IOException {
        return Buffer.buffer(bytes(directory.resolve(id + CONTENT)));
    }

    /** Stores a message; of one that cannot be, nothing remains. */
    void write(String id, Buffer content, EnvelopeRecord envelope) throws IOException {
        Path unfinished = directory.resolve(id + UNFINISHED);
        try {
            write(directory.resolve(id + CONTENT), content);
            write(unfinished, envelope.json().toBuffer());
            // what has an envelope is whole
            Files.move(unfinished, directory.resolve(id + ENVELOPE), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            delete(id);
            deleteFile(unfinished);
            throw e;
        }
    }

    private void write(Path file, Buffer content) throws IOException {
        Files.createFile(file, permissions(directory, "rw-------"));
        try (OutputStream output = Files.newOutputStream(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            output.write(content.getBytes());
        }
    }

    /** Deletes a message; what cannot be deleted is told in the log. */
    void delete(String id) {
        deleteFile(directory.resolve(id + ENVELOPE));
        deleteFile(directory.resolve(id + CONTENT));
    }

    private static void deleteFile(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot delete " + file, e);
        }
    }

    /** Lets others use the directory. */
    @Override
    public void close() throws IOException {
        locked.close();
    }
}
