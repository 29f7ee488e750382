package io.postern.smtp.handlers.maildir;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/** One Maildir: {@code tmp/}, {@code new/} and {@code cur/}. Used by file threads only, by any number at a time. */
final class Maildir {

    private static final System.Logger LOG = System.getLogger(MaildirHandler.class.getName());

    private static final FileAttribute<?>[] FILE_PERMISSIONS = Directories.permissions("rw-------");

    private final Path directory;
    private final Path tmp;
    private final Path fresh;
    private final DirectoryChanges changes;
    private final boolean sync;
    private final Duration staleAfter;
    private volatile boolean prepared;

    /**
     * @param sync whether directories that are made, and what is put into {@code new/}, must survive a crash
     * @param staleAfter the age of files in {@code tmp/} that are removed
     */
    Maildir(Path directory, boolean sync, Duration staleAfter) {
        this.directory = directory;
        this.tmp = directory.resolve("tmp");
        this.fresh = directory.resolve("new");
        this.changes = new DirectoryChanges(sync ? () -> Directories.sync(fresh) : () -> {});
        this.sync = sync;
        this.staleAfter = staleAfter;
    }

    /** Makes the directories where they are missing and removes stale files; only once, while they are not deleted. */
    void prepare() throws IOException {
        if (prepared) {
            return;
        }
        synchronized (this) {
            if (prepared) {
                return;
            }
            Directories.make(tmp, sync);
            Directories.make(fresh, sync);
            Directories.make(directory.resolve("cur"), sync);
            if (sync) {
                // also those that are not ours: another process may have made them a moment ago
                Directories.sync(directory);
                Path parent = directory.getParent();
                if (parent != null) {
                    Directories.syncIfReadable(parent);
                }
            }
            removeStaleFiles(Instant.now().minus(staleAfter));
            prepared = true;
        }
    }

    private void removeStaleFiles(Instant before) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(tmp)) {
            for (Path file : files) {
                removeIfStale(file, before);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** Whatever keeps a file from being removed, others' permissions for example, keeps no mail from being delivered. */
    private static void removeIfStale(Path file, Instant before) {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (attributes.isRegularFile()
                    && attributes.lastModifiedTime().toInstant().isBefore(before)) {
                Files.delete(file);
            }
        } catch (NoSuchFileException e) {
            // somebody else was faster
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, () -> "cannot remove " + file + ": " + e);
        }
    }

    private interface Use<T> {
        T with() throws IOException;
    }

    private <T> T prepared(Use<T> use) throws IOException {
        prepare();
        try {
            return use.with();
        } catch (NoSuchFileException e) {
            prepared = false; // somebody has deleted the Maildir, or a directory of it
            prepare();
            return use.with();
        }
    }

    /** Creates a file in {@code tmp/}; there must be none of that name. */
    FileChannel create(String name) throws IOException {
        return prepared(() -> open(name));
    }

    private FileChannel open(String name) throws IOException {
        return FileChannel.open(
                tmpFile(name), Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW), FILE_PERMISSIONS);
    }

    /** Moves a file from {@code tmp/} to {@code new/}. Nothing is replaced there, since names are {@link UniqueNames unique}. */
    void publish(String name, String newName) throws IOException {
        prepared(() -> Files.move(tmpFile(name), newFile(newName), StandardCopyOption.ATOMIC_MOVE));
    }

    /** Gives a file of another Maildir a name in {@code new/}. */
    void link(Path file, String newName) throws IOException {
        prepared(() -> Files.createLink(newFile(newName), file));
    }

    Path tmpFile(String name) {
        return tmp.resolve(name);
    }

    Path newFile(String name) {
        return fresh.resolve(name);
    }

    /** What changes {@code new/}, and has it written to the disk when that must survive a crash. */
    DirectoryChanges changes() {
        return changes;
    }

    Path directory() {
        return directory;
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
