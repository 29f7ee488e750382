package io.postern.smtp.sasl;

import static io.postern.smtp.sasl.Exchanges.PLAIN_TEXT;
import static io.postern.smtp.sasl.Exchanges.await;
import static io.postern.smtp.sasl.Exchanges.failure;
import static io.postern.smtp.sasl.Exchanges.respond;
import static io.postern.smtp.sasl.SaslFailure.CREDENTIALS_INVALID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.ongres.scram.common.exception.ScramException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class UsersFileTest {

    private static final String SCRAM = PasswordHash.scramSha256("pencil", 4096);
    private static final String SLOWER = PasswordHash.scramSha256("pencil", 5000);
    private static final String PBKDF2 = PasswordHash.pbkdf2Sha256("pencil", 4096);

    @TempDir
    Path directory;

    /** The iterations of every hash that was computed. */
    private final Queue<Integer> work = new ConcurrentLinkedQueue<>();
    /** The names of the threads that computed them. */
    private final Queue<String> threads = new ConcurrentLinkedQueue<>();

    private Vertx vertx;

    @BeforeEach
    void take(Vertx vertx) {
        this.vertx = vertx;
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "LOGIN"})
    void everyKindOfSecretChecksAPassword(String mechanism) throws IOException {
        UsersFile users = load("plain:pencil", "scram:" + SCRAM, "pbkdf2:" + PBKDF2, "braces:{PLAIN}{pencil}");

        assertThat(login(users, mechanism, "plain", "pencil")).isEqualTo(success("plain"));
        assertThat(login(users, mechanism, "scram", "pencil")).isEqualTo(success("scram"));
        assertThat(login(users, mechanism, "pbkdf2", "pencil")).isEqualTo(success("pbkdf2"));
        assertThat(login(users, mechanism, "braces", "{pencil}")).isEqualTo(success("braces"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "scram", "pbkdf2", "nobody"})
    void aWrongPasswordAndAnUnknownUserAreRefusedAlike(String name) throws IOException {
        UsersFile users = load("plain:pencil", "scram:" + SCRAM, "pbkdf2:" + PBKDF2);

        assertThat(login(users, "PLAIN", name, "Pencil")).isEqualTo(new SaslStep.Failure(CREDENTIALS_INVALID));
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "scram"})
    void scramTakesPasswordsAndVerifiers(String name) throws IOException, ScramException {
        UsersFile users = load("plain:pencil", "scram:" + SLOWER);

        assertThat(ScramMechanismTest.login(
                        mechanism(users, "SCRAM-SHA-256"), ScramMechanismTest.client(name, "pencil")))
                .isEqualTo(Identity.of(name));
    }

    @Test
    void cramMd5TakesPlainPasswordsOnly() throws IOException {
        UsersFile users = load("plain:tanstaaftanstaaf", "scram:" + PasswordHash.scramSha256("tanstaaftanstaaf", 4096));

        assertThat(cramMd5(users, "plain")).contains(Identity.of("plain"));
        assertThat(cramMd5(users, "scram")).isEmpty();
        assertThat(cramMd5(users, "nobody")).isEmpty();
    }

    // the digest of RFC 2195 §2
    private static Optional<Identity> cramMd5(UsersFile users, String name) {
        byte[] digest = HexFormat.of().parseHex("b913a602c7eda7a495b4e6e7334d3890");
        byte[] challenge = Exchanges.utf8("<1896.697170952@postoffice.reston.mci.net>");
        return await(users.cramMd5().authenticate(new Credentials.CramMd5(name, challenge, digest), PLAIN_TEXT));
    }

    @Test
    void anUnknownUserCostsAsMuchAsAKnownOne() throws IOException {
        UsersFile users = load("alice:" + SCRAM, "bob:" + PasswordHash.scramSha256("eraser", 4096));

        for (String name : List.of("alice", "bob", "nobody", "noone")) {
            assertThat(workOf(users, name, "pencil")).as(name).containsExactly(4096);
            assertThat(workOf(users, name, "wrong")).as(name).containsExactly(4096);
        }
    }

    @Test
    void unknownUsersCostWhatTheOthersCostWhereTheyDiffer() throws IOException {
        UsersFile users = load("a:" + SCRAM, "b:" + SLOWER, "c:" + PasswordHash.pbkdf2Sha256("pencil", 6000));

        for (int i = 0; i < 30; i++) {
            List<Integer> first = workOf(users, "nobody" + i, "pencil");
            assertThat(first).hasSize(1).isSubsetOf(4096, 5000, 6000);
            assertThat(workOf(users, "nobody" + i, "pencil")).isEqualTo(first);
        }
    }

    @Test
    void inScramAnUnknownUserCostsAsMuchAsAKnownOne() throws IOException {
        UsersFile users = load("alice:pencil", "bob:eraser");

        for (String name : List.of("alice", "bob", "nobody")) {
            work.clear();
            assertThat(await(users.find(name, PLAIN_TEXT))).isPresent();
            assertThat(work).as(name).containsExactly(ScramVerifier.MIN_ITERATIONS);
        }
    }

    @Test
    void anUnknownUserHasASaltInScramThatLooksRealAndStaysTheSameWhenTheFileIsLoadedAgain() throws IOException {
        ScramVerifier before = verifier(load("alice:" + SLOWER), "nobody");
        ScramVerifier after = verifier(load("alice:" + SLOWER, "bob:" + SLOWER), "nobody");

        assertThat(after).isEqualTo(before);
        assertThat(before.salt()).hasSize(PasswordHash.SALT_LENGTH);
        assertThat(before.iterations()).isEqualTo(5000);
        assertThat(verifier(load("alice:" + SLOWER), "noone").salt()).isNotEqualTo(before.salt());
    }

    @Test
    void aPlainPasswordHasTheSameSaltInScramEachTime() throws IOException {
        assertThat(verifier(load("alice:pencil"), "alice")).isEqualTo(verifier(load("alice:pencil"), "alice"));
    }

    @Test
    void aUserWithAHashThatScramCannotUseLooksUnknownToIt() throws IOException {
        UsersFile users = load("alice:" + PBKDF2, "bob:" + SLOWER);

        assertThat(verifier(users, "alice").iterations()).isEqualTo(5000);
        assertThat(verifier(users, "alice")).isEqualTo(verifier(users, "alice"));
    }

    @Test
    void whatNoUserHasIsStillRefusedInAnEmptyFile() throws IOException {
        UsersFile users = load("# nobody yet");

        assertThat(workOf(users, "nobody", "pencil")).containsExactly(PasswordHash.DEFAULT_ITERATIONS);
        assertThat(login(users, "PLAIN", "nobody", "pencil")).isEqualTo(new SaslStep.Failure(CREDENTIALS_INVALID));
    }

    @Test
    void hashesAreComputedOnWorkerThreads() throws IOException {
        UsersFile users = load("alice:" + SCRAM, "bob:pencil");

        // asked as a connection does, on an event loop
        await(Future.<SaslStep>future(promise -> vertx.runOnContext(nothing ->
                respond(SaslMechanism.plain(users), "\0alice\0pencil").onComplete(promise))));
        await(Future.<Optional<ScramVerifier>>future(promise ->
                vertx.runOnContext(nothing -> users.find("bob", PLAIN_TEXT).onComplete(promise))));

        assertThat(threads).hasSize(2).allMatch(thread -> thread.startsWith("vert.x-worker-thread"));
    }

    @Test
    void scramIsOfferedOnlyWhenEveryUserCanUseIt() throws IOException {
        assertThat(load("alice:pencil", "bob:" + SCRAM).mechanisms())
                .extracting(SaslMechanism::name)
                .containsExactly("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN");
        assertThat(load("alice:pencil", "bob:" + PBKDF2).mechanisms())
                .extracting(SaslMechanism::name)
                .containsExactly("PLAIN", "LOGIN");
    }

    @Test
    void namesAndPasswordsAreComparedAsTheyArePrepared() throws IOException {
        UsersFile users = load("J\u00fcrgen:p\u00e4ss\u2168");

        assertThat(login(users, "PLAIN", "Ju\u0308rgen", "pa\u0308ssIX")).isEqualTo(success("J\u00fcrgen"));
        assertThat(login(users, "PLAIN", "j\u00fcrgen", "p\u00e4ssIX")).isInstanceOf(SaslStep.Failure.class);
        assertThat(login(users, "PLAIN", "J\u00fcrgen", "\u0007")).isEqualTo(new SaslStep.Failure(CREDENTIALS_INVALID));
    }

    @Test
    void usersActForThemselvesOnly() throws IOException {
        UsersFile users = load("alice:pencil", "bob:pencil");

        assertThat(Exchanges.success(respond(SaslMechanism.plain(users), "alice\0alice\0pencil")))
                .isEqualTo(Identity.of("alice"));
        assertThat(failure(respond(SaslMechanism.plain(users), "bob\0alice\0pencil")))
                .isEqualTo(CREDENTIALS_INVALID);
        assertThat(await(users.identify("alice", "bob", PLAIN_TEXT))).isEmpty();
        assertThat(await(users.identify("nobody", "", PLAIN_TEXT))).isEmpty();
    }

    @Test
    void commentsEmptyLinesAndWindowsLineEndsDoNotCount() throws IOException {
        Path file = Files.writeString(
                directory.resolve("users"),
                "# bob:eraser\r\n\r\n  \r\nalice:pen:cil \r\nlast:line",
                StandardCharsets.UTF_8);
        UsersFile users = await(UsersFile.load(vertx, file));

        assertThat(login(users, "PLAIN", "alice", "pen:cil ")).isEqualTo(success("alice"));
        assertThat(login(users, "PLAIN", "last", "line")).isEqualTo(success("last"));
        assertThat(login(users, "PLAIN", "# bob", "eraser")).isInstanceOf(SaslStep.Failure.class);
    }

    @ParameterizedTest
    @CsvSource({
        "hunter2, colon",
        "bob:, empty",
        ":hunter2, name",
        "bob:hun\u0007ter2, SASLprep",
        "b\u0007ob:hunter2, name",
        "alice:hunter2, twice",
        "bob:{hunter2}, unknown scheme",
        "bob:{hunter2, unknown scheme",
        "bob:{SCRAM-SHA-256}hunter2, 4",
        "bob:{SCRAM-SHA-256}hunter2$hunter2$hunter2$hunter2, iterations",
        "bob:{SCRAM-SHA-256}4096$hunter2?$hunter2$hunter2, salt",
        "bob:{SCRAM-SHA-256}4096$$hunter2$hunter2, salt",
        "bob:{SCRAM-SHA-256}4096$AAAA$hunter2$hunter2, hash",
        "bob:{SCRAM-SHA-256}1000$AAAA$hunter2$hunter2, 4096",
        "bob:{PBKDF2-SHA256}999999999$AAAA$hunter2, 10000000",
        "bob:{PBKDF2-SHA256}4096$AAAA$hunter2, hash"
    })
    void aLineThatIsWrongIsNamedWithoutItsSecret(String line, String hint) throws IOException {
        Path file = Files.writeString(directory.resolve("users"), "alice:pencil\n# comment\n" + line + "\n");

        assertThatThrownBy(() -> await(UsersFile.load(vertx, file)))
                .isInstanceOf(UsersFileException.class)
                .hasMessageStartingWith(file + ":3: ")
                .hasMessageContaining(hint)
                .hasNoCause()
                .message()
                .doesNotContain("hunter2", "ter2");
    }

    @Test
    void aLineThatIsNotUtf8IsNamed() throws IOException {
        Path file = Files.write(directory.resolve("users"), new byte[] {'a', ':', 'b', '\n', 'c', ':', (byte) 0xFF});

        assertThatThrownBy(() -> await(UsersFile.load(vertx, file)))
                .isInstanceOf(UsersFileException.class)
                .hasMessageContaining(":2: ")
                .hasMessageContaining("UTF-8");
    }

    @Test
    void aMissingFileIsTold() {
        assertThatThrownBy(() -> await(UsersFile.load(vertx, directory.resolve("missing"))))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("missing");
    }

    @Test
    void hashesOfTheSamePasswordDifferAndShowNothingOfIt() {
        assertThat(PasswordHash.scramSha256("pencil", 4096))
                .matches("\\{SCRAM-SHA-256}4096\\$[A-Za-z0-9+/=]{24}\\$[A-Za-z0-9+/=]{44}\\$[A-Za-z0-9+/=]{44}")
                .isNotEqualTo(SCRAM)
                .doesNotContain("pencil");
        assertThat(PasswordHash.pbkdf2Sha256("pencil"))
                .matches("\\{PBKDF2-SHA256}100000\\$[A-Za-z0-9+/=]{24}\\$[A-Za-z0-9+/=]{44}");
    }

    @Test
    void aPasswordThatCannotBePreparedHasNoHashAndIsNotPrinted() {
        assertThatThrownBy(() -> PasswordHash.scramSha256("hunter2\u0007"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SASLprep")
                .message()
                .doesNotContain("hunter2");
        assertThatThrownBy(() -> PasswordHash.pbkdf2Sha256("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PasswordHash.pbkdf2Sha256("pencil", 4095))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private UsersFile load(String... lines) throws IOException {
        Path file = Files.write(directory.resolve("users"), List.of(lines), StandardCharsets.UTF_8);
        return await(UsersFile.load(vertx, file, (password, salt, iterations) -> {
            work.add(iterations);
            threads.add(Thread.currentThread().getName());
            return Crypto.pbkdf2(password, salt, iterations);
        }));
    }

    private List<Integer> workOf(UsersFile users, String name, String password) {
        work.clear();
        login(users, "PLAIN", name, password);
        return List.copyOf(work);
    }

    private static ScramVerifier verifier(UsersFile users, String name) {
        return await(users.find(name, PLAIN_TEXT)).orElseThrow();
    }

    private static SaslMechanism mechanism(UsersFile users, String name) {
        return users.mechanisms().stream()
                .filter(mechanism -> mechanism.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static SaslStep login(UsersFile users, String mechanism, String name, String password) {
        SaslExchange exchange = mechanism(users, mechanism).begin(PLAIN_TEXT);
        if (mechanism.equals("PLAIN")) {
            return Exchanges.step(exchange.onResponse(Exchanges.utf8("\0" + name + "\0" + password)));
        }
        Exchanges.step(exchange.onResponse(Exchanges.utf8(name)));
        return Exchanges.step(exchange.onResponse(Exchanges.utf8(password)));
    }

    private static SaslStep success(String name) {
        return new SaslStep.Success(Identity.of(name));
    }
}
