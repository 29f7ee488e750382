package io.postern.smtp.handlers.maildir;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Makes directories, and has the system write them to the disk. */
final class Directories {

    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    private Directories() {}

    /** What a new file or directory is created with: mail is nobody's business but its owner's. */
    static FileAttribute<?>[] permissions(String permissions) {
        return POSIX
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /** Makes a directory and those above it, where they are missing; each survives a crash when {@code sync} says so. */
    static void make(Path directory, boolean sync) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null) {
            make(parent, sync);
        }
        try {
            Files.createDirectory(directory, permissions("rwx------"));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
            // somebody else was faster
        }
        if (sync && parent != null) {
            sync(parent);
        }
    }

    static void sync(Path directory) throws IOException {
        try (FileChannel channel = open(directory)) {
            channel.force(true);
        }
    }

    /** One that may be passed through but not read was there before us, and is its owner's to look after. */
    static void syncIfReadable(Path directory) throws IOException {
        try {
            sync(directory);
        } catch (AccessDeniedException e) {
            // as said
        }
    }

    /** A directory as a channel, for {@link FileChannel#force}; Java has no other way to sync one. */
    static FileChannel open(Path directory) throws IOException {
        return FileChannel.open(directory, StandardOpenOption.READ);
    }
}
