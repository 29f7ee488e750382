package io.postern.smtp.server;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.shareddata.LocalMap;
import io.vertx.core.shareddata.Shareable;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The file of a Unix socket that servers of one Vertx listen on together.
 *
 * <p>The transports disagree about a file that stands in the way (native ones remove whatever it is), and each creates the
 * socket with the permissions of the umask. So the socket is bound in a directory that nobody else can enter, gets its
 * permissions there, and is then linked to its path, which fails when something stands there. A socket that no server
 * listens on any more is removed first, after a connection to it was refused, and refused once more when nobody else could
 * find it.
 */
final class UnixSocket implements Shareable {

    private static final Logger LOG = System.getLogger(UnixSocket.class.getName());

    /** What every system takes: 104 octets with the terminating NUL on BSD and macOS, 108 on Linux. */
    static final int MAX_PATH = 103;

    private static final String MAP = "io.postern.smtp.unix";
    private static final int FILE_TYPE = 0170000;
    private static final int SOCKET_TYPE = 0140000;
    private static final String NAME = "s";
    private static final String TAKEN = "t";
    private static final String RIGHTS = "unix:uid,mode";
    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path path;
    private final Set<PosixFilePermission> permissions;
    private int servers;
    private @Nullable Path directory;
    /** The file that is shown under the path, by which it is told from one that took its place. */
    private @Nullable Object published;

    private UnixSocket(Path path, Set<PosixFilePermission> permissions) {
        this.path = path;
        this.permissions = permissions;
    }

    /** Whether the address is a name and no file: a Linux speciality that begins with NUL. */
    static boolean isAbstract(SocketAddress address) {
        return address.path().startsWith("\0");
    }

    /**
     * Refuses what would become a file with an odd name, or an error of the transport.
     *
     * @param nativeTransport whether it is another than NIO; on Linux that is epoll or io_uring, elsewhere kqueue
     * @throws IllegalArgumentException when there are no abstract names here
     */
    static void checkAbstract(boolean nativeTransport, String operatingSystem) {
        if (!nativeTransport || !operatingSystem.equals("Linux")) {
            throw new IllegalArgumentException(
                    "a Unix socket with an abstract name needs Linux with the epoll or io_uring transport");
        }
    }

    /**
     * Makes ready to listen. Whoever gets it must {@link #release} it.
     *
     * @param permissions such as {@code rw-rw----}
     */
    static Future<UnixSocket> acquire(Vertx vertx, SocketAddress address, String permissions) {
        Path path = Path.of(address.path()).toAbsolutePath();
        Set<PosixFilePermission> parsed = PosixFilePermissions.fromString(permissions);
        LocalMap<String, UnixSocket> all = vertx.sharedData().getLocalMap(MAP);
        return vertx.executeBlocking(
                        () -> {
                            while (true) {
                                UnixSocket socket =
                                        all.computeIfAbsent(path.toString(), key -> new UnixSocket(path, parsed));
                                if (socket.enter(all)) {
                                    return socket;
                                }
                            }
                        },
                        false)
                .map(socket -> Objects.requireNonNull(socket));
    }

    /** @return false when its last server has left it meanwhile, so that it is not in {@code all} any more */
    private synchronized boolean enter(LocalMap<String, UnixSocket> all) throws IOException {
        if (all.get(path.toString()) != this) {
            return false;
        }
        if (directory == null) {
            try {
                directory = clearedDirectory();
            } catch (IOException e) {
                all.remove(path.toString(), this);
                throw e;
            }
        }
        servers++;
        return true;
    }

    /** A directory to bind the socket in, once its path is free. */
    private Path clearedDirectory() throws IOException {
        checkLength(path);
        boolean left = isSocketLeft(path);
        Path own = privateDirectory();
        if (left) {
            try {
                removeSocketLeft(own);
            } catch (IOException e) {
                Files.delete(own);
                throw e;
            }
        }
        return own;
    }

    // The names are short, because the path of a socket is
    private Path privateDirectory() throws IOException {
        checkLength(parent().resolve(".0000").resolve(NAME));
        while (true) {
            int random = ThreadLocalRandom.current().nextInt(36 * 36 * 36, 36 * 36 * 36 * 36);
            try {
                return Files.createDirectory(
                        parent().resolve("." + Integer.toString(random, Character.MAX_RADIX)), OWNER_ONLY);
            } catch (FileAlreadyExistsException e) {
                // another name then
            }
        }
    }

    private Path parent() {
        Path parent = path.getParent();
        return parent == null ? path : parent;
    }

    /**
     * Whether a socket was left behind; refuses everything else that stands in the way.
     *
     * @param file what stands at the path, under whatever name
     */
    private boolean isSocketLeft(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            if (!Files.isDirectory(parent())) {
                throw new NoSuchFileException(parent().toString(), null, "the directory for the socket does not exist");
            }
            return false;
        }
        int mode = (Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if ((mode & FILE_TYPE) != SOCKET_TYPE) {
            throw new FileAlreadyExistsException(path.toString(), null, "is no socket, and is left as it is");
        }
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(file))) {
            throw new BindException("Address already in use: a server listens on " + path + probe.getLocalAddress());
        } catch (ConnectException refused) {
            return true;
        }
    }

    /**
     * Takes the socket away first and then looks again: another server may have replaced it meanwhile, and gets its own
     * back.
     */
    private void removeSocketLeft(Path own) throws IOException {
        Path taken = own.resolve(TAKEN);
        try {
            Files.move(path, taken, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return; // another server was faster
        }
        try {
            isSocketLeft(taken);
        } catch (IOException inUse) {
            show(path, taken, Files::createLink);
            Files.deleteIfExists(taken);
            throw inUse;
        }
        // while it is there no other file can get its number
        removeDirectoryOf(Objects.requireNonNull(fileKey(taken)), own);
        Files.delete(taken);
    }

    /**
     * Removes the private directory of a server that was killed: one like ours, of the same user, in which the socket has
     * its other name. That it cannot be removed hinders nobody.
     */
    private void removeDirectoryOf(Object socket, Path ours) {
        try (DirectoryStream<Path> candidates = Files.newDirectoryStream(parent(), ".????")) {
            Map<String, Object> rights = Files.readAttributes(ours, RIGHTS, LinkOption.NOFOLLOW_LINKS);
            for (Path candidate : candidates) {
                if (rights.equals(Files.readAttributes(candidate, RIGHTS, LinkOption.NOFOLLOW_LINKS))
                        && socket.equals(fileKey(candidate.resolve(NAME)))) {
                    Files.deleteIfExists(candidate.resolve(NAME));
                    Files.deleteIfExists(candidate);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.log(Level.DEBUG, () -> "could not remove what a killed server left beside " + path, e);
        }
    }

    private static void checkLength(Path socket) throws BindException {
        int octets = socket.toString().getBytes(StandardCharsets.UTF_8).length;
        if (octets > MAX_PATH) {
            throw new BindException("path of the Unix socket has " + octets + " octets; at most " + MAX_PATH
                    + " are possible: " + socket);
        }
    }

    /** Where a server listens before {@link #publish}. */
    synchronized SocketAddress privateAddress() {
        if (directory == null) {
            throw new IllegalStateException("released");
        }
        return SocketAddress.domainSocketAddress(directory.resolve(NAME).toString());
    }

    /** Shows the socket, on which a server listens now, under its path. */
    Future<Void> publish(Vertx vertx) {
        return vertx.executeBlocking(
                        () -> {
                            link();
                            return null;
                        },
                        false)
                .mapEmpty();
    }

    private synchronized void link() throws IOException {
        if (directory != null && published == null) {
            Path bound = directory.resolve(NAME);
            Files.setPosixFilePermissions(bound, permissions);
            Object shown = fileKey(bound);
            show(path, bound, Files::createLink);
            published = shown;
        }
    }

    /** How a file gets a second name. */
    interface Link {
        void create(Path link, Path existing) throws IOException;
    }

    /** Gives the socket its path; refuses a file that stands there meanwhile. */
    static void show(Path path, Path bound, Link link) throws IOException {
        try {
            link.create(path, bound);
        } catch (FileAlreadyExistsException | AccessDeniedException | NoSuchFileException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException e) {
            Files.move(bound, path); // where sockets cannot be linked, nothing guards the moment since isSocketLeft()
        }
    }

    private static @Nullable Object fileKey(Path file) throws IOException {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** A server has stopped: the last one takes the file along. */
    Future<Void> release(Vertx vertx) {
        return vertx.executeBlocking(
                        () -> {
                            leave(vertx);
                            return null;
                        },
                        false)
                .mapEmpty();
    }

    private synchronized void leave(Vertx vertx) throws IOException {
        if (--servers > 0 || directory == null) {
            return;
        }
        vertx.sharedData().getLocalMap(MAP).remove(path.toString(), this);
        if (published != null && published.equals(fileKey(path))) {
            Files.deleteIfExists(path);
        }
        published = null;
        Files.deleteIfExists(directory.resolve(NAME));
        Files.deleteIfExists(directory);
        directory = null;
    }
}
