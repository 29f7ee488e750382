package io.postern.smtp.sasl;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Users in a text file, one {@code name:secret} a line, in UTF-8; empty lines and lines that begin with {@code #} do not
 * count. The secret is a password or what {@link PasswordHash} makes of one; a password that begins with a brace stands
 * behind <code>{PLAIN}</code>. Names are compared as SASLprep makes them (RFC 4013), upper and lower case differ.
 *
 * <p>The file is read once; to read it again, load it again. Checks run on Vert.x' worker threads and take as long for
 * a user that does not exist, who is checked against a stand-in for one of the others. Every user acts for themselves only.
 */
public final class UsersFile implements Authenticator<Credentials.Password>, ScramVerifiers {

    /** Makes the stand-ins: the same for one name as long as this process lives, also when the file is loaded again. */
    private static final byte[] STAND_IN_KEY = new byte[Crypto.SHA256_LENGTH];

    static {
        new SecureRandom().nextBytes(STAND_IN_KEY);
    }

    private final Vertx vertx;
    private final Map<String, StoredSecret> users;
    private final StoredSecret.Hashing hashing;
    /** What stand-ins are modelled on, when a password is checked and in SCRAM. */
    private final List<StoredSecret> models;

    private final List<StoredSecret> scramModels;

    UsersFile(Vertx vertx, Map<String, StoredSecret> users, StoredSecret.Hashing hashing) {
        this.vertx = vertx;
        this.users = Map.copyOf(users);
        this.hashing = hashing;
        this.models = orDefault(List.copyOf(users.values()));
        this.scramModels = orDefault(
                users.values().stream().filter(StoredSecret::servesScram).toList());
    }

    private static List<StoredSecret> orDefault(List<StoredSecret> models) {
        if (!models.isEmpty()) {
            return models;
        }
        byte[] nothing = new byte[Crypto.SHA256_LENGTH];
        byte[] salt = new byte[PasswordHash.SALT_LENGTH];
        return List.of(
                new StoredSecret.Scram(new ScramVerifier(PasswordHash.DEFAULT_ITERATIONS, salt, nothing, nothing)));
    }

    /**
     * Reads a file on a worker thread.
     *
     * @return fails with an {@link IOException} when the file cannot be read, with a {@link UsersFileException} when a line
     *     is wrong
     */
    public static Future<UsersFile> load(Vertx vertx, Path file) {
        return load(vertx, file, Crypto::pbkdf2);
    }

    static Future<UsersFile> load(Vertx vertx, Path file, StoredSecret.Hashing hashing) {
        return onWorker(vertx, () -> new UsersFile(vertx, parse(file.toString(), Files.readAllBytes(file)), hashing));
    }

    // unordered: one slow check must not hold up those of other connections of the same event loop
    private static <T> Future<T> onWorker(Vertx vertx, Callable<T> work) {
        return vertx.executeBlocking(work, false).map(result -> Objects.requireNonNull(result));
    }

    /**
     * The mechanisms that all users of this file can use, best first: PLAIN and LOGIN, before them SCRAM-SHA-256-PLUS and
     * SCRAM-SHA-256 unless some user has a PBKDF2 hash, which SCRAM cannot take. A client chooses one for all users, so
     * that a mechanism that some cannot use would lock them out.
     */
    public List<SaslMechanism> mechanisms() {
        List<SaslMechanism> mechanisms = new ArrayList<>();
        if (users.values().stream().allMatch(StoredSecret::servesScram)) {
            mechanisms.addAll(SaslMechanism.scram(this));
        }
        mechanisms.addAll(SaslMechanism.passwords(this));
        return List.copyOf(mechanisms);
    }

    /** Checks answers to CRAM-MD5, for users whose password stands in the file as it is; all others are refused. */
    public Authenticator<Credentials.CramMd5> cramMd5() {
        return (credentials, context) -> {
            String name = prepared(credentials.authenticationId());
            StoredSecret secret = Optional.ofNullable(users.get(name)).orElseGet(() -> standIn(name, models));
            String password = secret instanceof StoredSecret.Plain plain ? plain.password() : "";
            boolean answered = credentials.isFrom(password);
            boolean good = answered && secret instanceof StoredSecret.Plain && users.containsKey(name);
            return Future.succeededFuture(good ? Optional.of(Identity.of(name)) : Optional.empty());
        };
    }

    @Override
    public Future<Optional<Identity>> authenticate(Credentials.Password credentials, SaslContext context) {
        // RFC 4616 §2: what cannot be prepared is not the right password
        Optional<String> password = SaslPrep.prepare(credentials.password());
        if (password.isEmpty()) {
            return Future.succeededFuture(Optional.empty());
        }
        String name = prepared(credentials.authenticationId());
        return onWorker(vertx, () -> isRight(name, password.get()))
                .map(right -> right ? actingFor(name, credentials.authorizationId()) : Optional.empty());
    }

    private boolean isRight(String name, String password) {
        StoredSecret known = users.get(name);
        boolean matches = (known != null ? known : standIn(name, models)).isFrom(password, hashing);
        return matches && known != null;
    }

    /** Succeeds with a verifier for every name; whoever is not in the file gets one that no password has. */
    @Override
    public Future<Optional<ScramVerifier>> find(String authenticationId, SaslContext context) {
        String name = prepared(authenticationId);
        return onWorker(vertx, () -> Optional.of(verifier(name)));
    }

    private ScramVerifier verifier(String name) {
        StoredSecret secret = users.get(name);
        StoredSecret usable = secret != null && secret.servesScram() ? secret : standIn(name, scramModels);
        return usable.verifier(derived("salt", name), hashing);
    }

    @Override
    public Future<Optional<Identity>> identify(String authenticationId, String authorizationId, SaslContext context) {
        String name = prepared(authenticationId);
        return Future.succeededFuture(users.containsKey(name) ? actingFor(name, authorizationId) : Optional.empty());
    }

    private static Optional<Identity> actingFor(String name, String authorizationId) {
        if (authorizationId.isEmpty()) {
            return Optional.of(Identity.of(name));
        }
        return prepared(authorizationId).equals(name)
                ? Optional.of(Identity.of(name).actingFor(authorizationId))
                : Optional.empty();
    }

    private static String prepared(String name) {
        return SaslPrep.prepare(name).orElse(name);
    }

    private static StoredSecret standIn(String name, List<StoredSecret> models) {
        int choice = ByteBuffer.wrap(derived("choice", name)).getInt();
        return models.get(Math.floorMod(choice, models.size())).standIn(derived("salt", name), derived("hash", name));
    }

    private static byte[] derived(String purpose, String name) {
        return Crypto.hmac(STAND_IN_KEY, (purpose + ":" + name).getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, StoredSecret> parse(String file, byte[] content) {
        Map<String, StoredSecret> users = new LinkedHashMap<>();
        int number = 0;
        int start = 0;
        while (start < content.length) {
            int end = endOfLine(content, start);
            number++;
            try {
                parseLine(content, start, end, users);
            } catch (IllegalArgumentException wrong) {
                // without its cause, which may show what stands there
                throw new UsersFileException(file + ":" + number + ": " + wrong.getMessage());
            }
            start = end + 1;
        }
        return users;
    }

    private static int endOfLine(byte[] content, int start) {
        int end = start;
        while (end < content.length && content[end] != '\n') {
            end++;
        }
        return end;
    }

    private static void parseLine(byte[] content, int start, int end, Map<String, StoredSecret> users) {
        int stop = end > start && content[end - 1] == '\r' ? end - 1 : end;
        String line = Text.utf8(content, start, stop)
                .orElseThrow(() -> new IllegalArgumentException("line is not UTF-8 or has a NUL"));
        if (line.isBlank() || line.startsWith("#")) {
            return;
        }
        int colon = line.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("line has no colon; expected name:secret");
        }
        String name = SaslPrep.prepare(line.substring(0, colon))
                .filter(Text::isName)
                .orElseThrow(() -> new IllegalArgumentException(
                        "name is empty, too long, or has characters that SASLprep prohibits (RFC 4013 §2.3)"));
        if (users.put(name, StoredSecret.parse(line.substring(colon + 1))) != null) {
            throw new IllegalArgumentException("name stands in the file twice");
        }
    }

    @Override
    public String toString() {
        return "UsersFile[" + users.size() + " users]";
    }
}
