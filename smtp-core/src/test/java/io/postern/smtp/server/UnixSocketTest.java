package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.BindException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The file of a Unix socket, on both transports; they disagree about what stands in the way. */
@DisabledOnOs(OS.WINDOWS)
class UnixSocketTest extends SocketTestBase {

    private static final String PERMISSIONS = "rw-rw----";

    private Path directory;
    private Path path;

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = Files.createTempDirectory(Path.of("/tmp"), "p"); // a path that is short enough
        path = directory.resolve("socket");
    }

    @AfterEach
    void removeDirectory() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private UnixSocket acquire(Path at, String permissions) throws Exception {
        return await(UnixSocket.acquire(vertx, SocketAddress.domainSocketAddress(at.toString()), permissions));
    }

    /** A server that says who it is to each connection. */
    private NetServer serve(UnixSocket file, String name) throws Exception {
        NetServer server = vertx.createNetServer().connectHandler(socket -> socket.end(Buffer.buffer(name)));
        await(server.listen(file.privateAddress()));
        await(file.publish(vertx));
        return server;
    }

    private static String heardAt(Path at) throws IOException {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(at))) {
            return new String(Channels.newInputStream(client).readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static Throwable causeOf(ThrowingCallable call) {
        return catchThrowable(call).getCause();
    }

    @Test
    void aServerListensAtThePathUntilItIsReleased() throws Exception {
        UnixSocket file = acquire(path, PERMISSIONS);
        assertThat(path).doesNotExist();
        NetServer server = serve(file, "me");
        assertThat(heardAt(path)).isEqualTo("me");
        await(server.close());
        await(file.release(vertx));
        assertThat(names()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "rw-rw----", "rw-rw-rw-", "rwxrwxrwx"})
    void theSocketHasItsPermissionsFromTheMomentThatItCanBeSeen(String permissions) throws Exception {
        UnixSocket file = acquire(path, permissions);
        Path hidden = Path.of(file.privateAddress().path()).getParent();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(hidden)))
                .isEqualTo("rwx------");
        NetServer server = serve(file, "me");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo(permissions);
        await(server.close());
        await(file.release(vertx));
    }

    @Test
    void aSocketThatWasLeftBehindIsReplaced() throws Exception {
        try (ServerSocketChannel gone = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            gone.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(path).exists();
        UnixSocket file = acquire(path, PERMISSIONS);
        NetServer server = serve(file, "me");
        assertThat(heardAt(path)).isEqualTo("me");
        await(server.close());
        await(file.release(vertx));
    }

    @Test
    void aSocketThatAnotherProcessListensOnIsNeverTaken() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        Path.of("target", "test-classes").toString(),
                        OtherProcess.class.getName(),
                        path.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(other.getInputStream().read()).isEqualTo('!');
            assertThat(causeOf(() -> acquire(path, PERMISSIONS)))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("a server listens on " + path);
            assertThat(heardAt(path)).isEqualTo("other");
            assertThat(names()).containsExactly("socket");
        } finally {
            other.destroyForcibly().waitFor();
        }
        // killed, it has left its socket behind
        UnixSocket file = acquire(path, "rw-------");
        NetServer server = serve(file, "me");
        assertThat(heardAt(path)).isEqualTo("me");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
        await(server.close());
        await(file.release(vertx));
    }

    /** Listens on the path that it is given until it is killed. */
    static final class OtherProcess {
        public static void main(String[] arguments) throws IOException {
            try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                server.bind(UnixDomainSocketAddress.of(arguments[0]));
                System.out.write('!');
                System.out.flush();
                while (true) {
                    try (SocketChannel client = server.accept()) {
                        client.write(ByteBuffer.wrap("other".getBytes(StandardCharsets.US_ASCII)));
                    } catch (IOException e) {
                        // it only looked whether somebody is here
                    }
                }
            }
        }
    }

    @Test
    void aSocketOfAnotherVertxIsNeverTaken() throws Exception {
        UnixSocket file = acquire(path, PERMISSIONS);
        NetServer server = serve(file, "me");
        Vertx other = transport.vertx();
        try {
            assertThatThrownBy(() -> await(
                            UnixSocket.acquire(other, SocketAddress.domainSocketAddress(path.toString()), PERMISSIONS)))
                    .hasCauseInstanceOf(BindException.class);
        } finally {
            await(other.close());
        }
        assertThat(heardAt(path)).isEqualTo("me");
        await(server.close());
        await(file.release(vertx));
    }

    @Test
    void ofTwoThatReplaceASocketAtTheSameTimeOneHasItAndKeepsIt() throws Exception {
        List<Vertx> others = List.of(transport.vertx(), transport.vertx());
        Queue<Supplier<Future<Void>>> ends = new ConcurrentLinkedQueue<>();
        for (int round = 0; round < 100; round++) {
            try (ServerSocketChannel gone = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                gone.bind(UnixDomainSocketAddress.of(path));
            }
            List<Future<Boolean>> shown =
                    others.stream().map(other -> shows(other, ends)).toList();
            await(Future.all(shown));
            assertThat(shown.stream().filter(Future::result))
                    .as("servers that have the path")
                    .hasSize(1);
            assertThat(heardAt(path)).isEqualTo("me");
            for (Supplier<Future<Void>> end = ends.poll(); end != null; end = ends.poll()) {
                await(end.get());
            }
            assertThat(names()).isEmpty();
        }
        for (Vertx other : others) {
            await(other.close());
        }
    }

    /** Listens at the path, if it can. */
    private Future<Boolean> shows(Vertx own, Queue<Supplier<Future<Void>>> ends) {
        return UnixSocket.acquire(own, SocketAddress.domainSocketAddress(path.toString()), PERMISSIONS)
                .compose(file -> {
                    NetServer server = own.createNetServer().connectHandler(socket -> socket.end(Buffer.buffer("me")));
                    ends.add(() -> server.close().compose(closed -> file.release(own)));
                    return server.listen(file.privateAddress()).compose(bound -> file.publish(own));
                })
                .transform((published, refused) -> Future.succeededFuture(refused == null));
    }

    @Test
    void aFileIsNeverDeletedAndNoDirectoryIs() throws Exception {
        Files.writeString(path, "precious");
        assertThat(causeOf(() -> acquire(path, PERMISSIONS))).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(path).hasContent("precious");
        Path empty = Files.createDirectory(directory.resolve("empty"));
        assertThat(causeOf(() -> acquire(empty, PERMISSIONS))).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(empty).isDirectory();
    }

    /** What a server leaves that has no time to clean up: the socket, and the directory in which it was bound. */
    private Path killedServer(Path at) throws Exception {
        Path hidden = Files.createDirectory(
                directory.resolve(".k111"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try (ServerSocketChannel gone = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            gone.bind(UnixDomainSocketAddress.of(hidden.resolve("s")));
        }
        Files.createLink(at, hidden.resolve("s"));
        return hidden;
    }

    @Test
    void whatAKilledServerLeftBesideTheSocketIsRemovedWithIt() throws Exception {
        Path hidden = killedServer(path);
        UnixSocket file = acquire(path, PERMISSIONS);
        assertThat(hidden).doesNotExist();
        NetServer server = serve(file, "me");
        assertThat(heardAt(path)).isEqualTo("me");
        await(server.close());
        await(file.release(vertx));
        assertThat(names()).isEmpty();
    }

    @Test
    void whatBelongsToAnotherSocketOrIsNotLikeOursStays() throws Exception {
        Path hidden = killedServer(directory.resolve("other"));
        try (ServerSocketChannel gone = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            gone.bind(UnixDomainSocketAddress.of(path));
        }
        Path open = Files.createDirectory(directory.resolve(".open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createLink(open.resolve("s"), path);
        UnixSocket file = acquire(path, PERMISSIONS);
        assertThat(hidden.resolve("s")).exists();
        assertThat(open.resolve("s")).exists();
        await(file.release(vertx));
        assertThat(names()).containsExactly(".k111", ".open", "other");
    }

    @Test
    void theDirectoryOfASocketThatIsInUseStays() throws Exception {
        UnixSocket file = acquire(path, PERMISSIONS);
        NetServer server = serve(file, "me");
        Vertx other = transport.vertx();
        try {
            assertThat(causeOf(() -> await(UnixSocket.acquire(
                            other, SocketAddress.domainSocketAddress(path.toString()), PERMISSIONS))))
                    .isInstanceOf(BindException.class);
        } finally {
            await(other.close());
        }
        assertThat(Path.of(file.privateAddress().path())).exists();
        assertThat(heardAt(path)).isEqualTo("me");
        await(server.close());
        await(file.release(vertx));
    }

    // macOS and BSD, which the kqueue transport serves

    @ParameterizedTest
    @ValueSource(strings = {"Operation not supported", "Operation not permitted"})
    void whereSocketsCannotBeLinkedTheyAreMoved(String reason) throws Exception {
        Path bound = Files.writeString(directory.resolve("bound"), "socket");
        UnixSocket.show(path, bound, (link, existing) -> {
            throw new FileSystemException(link.toString(), existing.toString(), reason);
        });
        assertThat(names()).containsExactly("socket");
        assertThat(path).hasContent("socket");
    }

    @Test
    void aFileThatStandsInTheWayIsNotMovedOverEither() throws Exception {
        Path bound = Files.writeString(directory.resolve("bound"), "socket");
        Files.writeString(path, "precious");
        assertThatThrownBy(() -> UnixSocket.show(path, bound, (link, existing) -> {
                    throw new UnsupportedOperationException();
                }))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> UnixSocket.show(path, bound, Files::createLink))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThat(path).hasContent("precious");
    }

    @Test
    void theLimitOfThePathIsThatOfTheSmallestSystem() {
        assertThat(UnixSocket.MAX_PATH + 1)
                .isEqualTo(104); // sizeof sun_path with its NUL on macOS and BSD; Linux has 108
    }

    @Test
    void abstractNamesAreForLinuxAlone() {
        UnixSocket.checkAbstract(true, "Linux");
        for (String system : List.of("Mac OS X", "FreeBSD")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> UnixSocket.checkAbstract(true, system))
                    .withMessageContaining("Linux");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> UnixSocket.checkAbstract(false, "Linux"));
    }

    @Test
    void aSymbolicLinkIsLeftAloneWhateverItLeadsTo() throws Exception {
        Path target = directory.resolve("target");
        Files.createSymbolicLink(path, target);
        assertThat(causeOf(() -> acquire(path, PERMISSIONS))).isInstanceOf(FileAlreadyExistsException.class);
        try (ServerSocketChannel gone = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            gone.bind(UnixDomainSocketAddress.of(target));
        }
        assertThat(causeOf(() -> acquire(path, PERMISSIONS))).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(names()).containsExactly("socket", "target");
    }

    @Test
    void aFileThatAppearsBeforeTheSocketIsShownIsNotReplaced() throws Exception {
        UnixSocket file = acquire(path, PERMISSIONS);
        NetServer server = vertx.createNetServer().connectHandler(socket -> {});
        await(server.listen(file.privateAddress()));
        Files.writeString(path, "precious");
        assertThat(causeOf(() -> await(file.publish(vertx)))).isInstanceOf(FileAlreadyExistsException.class);
        await(server.close());
        await(file.release(vertx));
        assertThat(path).hasContent("precious");
        assertThat(names()).containsExactly("socket");
    }

    @Test
    void whatTookThePlaceOfTheSocketMeanwhileIsNotRemovedWithIt() throws Exception {
        UnixSocket file = acquire(path, PERMISSIONS);
        NetServer server = serve(file, "me");
        Files.delete(path);
        Files.writeString(path, "precious");
        await(server.close());
        await(file.release(vertx));
        assertThat(path).hasContent("precious");
        assertThat(names()).containsExactly("socket");
    }

    @Test
    void aPathThatIsTooLongIsRefusedWithTheLimit() {
        Path tooLong = directory.resolve(
                "x".repeat(UnixSocket.MAX_PATH - directory.toString().length()));
        assertThat(causeOf(() -> acquire(tooLong, PERMISSIONS)))
                .isInstanceOf(BindException.class)
                .hasMessageContaining("104 octets")
                .hasMessageContaining("at most 103");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void theLongestPathThatIsPossibleWorks() throws Exception {
        Path longest = directory.resolve(
                "x".repeat(UnixSocket.MAX_PATH - directory.toString().length() - 1));
        UnixSocket file = acquire(longest, PERMISSIONS);
        NetServer server = serve(file, "me");
        assertThat(heardAt(longest)).isEqualTo("me");
        await(server.close());
        await(file.release(vertx));
    }

    @Test
    void aDirectoryThatDoesNotExistIsNamed() {
        Path nowhere = directory.resolve("nowhere");
        assertThat(causeOf(() -> acquire(nowhere.resolve("socket"), PERMISSIONS)))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining(nowhere.toString());
    }

    @Test
    void serversOfOneVertxShareASocketAndTheLastTakesItAlong() throws Exception {
        UnixSocket one = acquire(path, PERMISSIONS);
        NetServer first = serve(one, "first");
        UnixSocket two = acquire(path, PERMISSIONS);
        assertThat(two).isSameAs(one);
        NetServer second = serve(two, "second");
        await(first.close());
        await(one.release(vertx));
        assertThat(heardAt(path)).isEqualTo("second");
        await(second.close());
        await(two.release(vertx));
        assertThat(names()).isEmpty();
    }

    @Test
    void aSocketThatCouldNotBeHadIsAskedForAnew() throws Exception {
        Files.writeString(path, "in the way");
        assertThat(causeOf(() -> acquire(path, PERMISSIONS))).isInstanceOf(FileAlreadyExistsException.class);
        Files.delete(path);
        UnixSocket file = acquire(path, "rw-------");
        NetServer server = serve(file, "me");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
        await(server.close());
        await(file.release(vertx));
    }

    @Test
    void whoComesWhileTheLastOneLeavesHasASocketOfItsOwn() throws Exception {
        for (int round = 0; round < 50; round++) {
            UnixSocket leaving = acquire(path, PERMISSIONS);
            var left = leaving.release(vertx);
            var came = UnixSocket.acquire(vertx, SocketAddress.domainSocketAddress(path.toString()), PERMISSIONS);
            await(left);
            UnixSocket one = await(came);
            UnixSocket two = acquire(path, PERMISSIONS);
            assertThat(two).isSameAs(one);
            await(one.release(vertx));
            await(two.release(vertx));
        }
        assertThat(names()).isEmpty();
    }

    @Test
    void anAddressThatBeginsWithNulIsNoFile() {
        assertThat(UnixSocket.isAbstract(SocketAddress.domainSocketAddress("\0postern")))
                .isTrue();
        assertThat(UnixSocket.isAbstract(SocketAddress.domainSocketAddress("/run/postern")))
                .isFalse();
    }
}
