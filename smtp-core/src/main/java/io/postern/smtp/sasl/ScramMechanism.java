package io.postern.smtp.sasl;

import io.postern.smtp.sasl.Dialogue.Next;
import io.vertx.core.Future;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677). The server's last message, which proves that it knows the user,
 * goes out as a challenge that the client answers with nothing.
 *
 * <pre>
 *   C: n,,n=user,r=nonce                    gs2-header client-first-message-bare
 *   S: r=nonce more,s=salt,i=iterations     server-first-message
 *   C: c=binding,r=nonce more,p=proof       client-final-message
 *   S: v=signature                          server-final-message
 *   C: (empty)
 * </pre>
 */
final class ScramMechanism implements SaslMechanism {

    static final String NAME = "SCRAM-SHA-256";
    static final String PLUS = NAME + "-PLUS";

    private static final SecureRandom RANDOM = new SecureRandom();

    private final boolean plus;
    private final ScramVerifiers verifiers;
    private final Supplier<String> nonces;
    /** Makes the salts of users that do not exist, so that each always has the same. */
    private final byte[] standInKey = random(Crypto.SHA256_LENGTH);

    ScramMechanism(boolean plus, ScramVerifiers verifiers) {
        this(plus, verifiers, () -> Base64.getEncoder().encodeToString(random(18)));
    }

    ScramMechanism(boolean plus, ScramVerifiers verifiers, Supplier<String> nonces) {
        this.plus = plus;
        this.verifiers = verifiers;
        this.nonces = nonces;
    }

    @Override
    public String name() {
        return plus ? PLUS : NAME;
    }

    @Override
    public boolean exposesSecret() {
        return false;
    }

    @Override
    public boolean isOffered(SaslContext context) {
        return !plus
                || context.channelBinding(ChannelBinding.EXPORTER).isPresent()
                || context.channelBinding(ChannelBinding.SERVER_END_POINT).isPresent();
    }

    @Override
    public SaslExchange begin(SaslContext context) {
        return Dialogue.clientFirst(message ->
                Text.utf8(message).map(first -> clientFirst(first, context)).orElseGet(Next::malformed));
    }

    private Future<Next> clientFirst(String message, SaslContext context) {
        Optional<Gs2Header> parsed = Gs2Header.parse(message);
        if (parsed.isEmpty()) {
            return Next.malformed();
        }
        Gs2Header header = parsed.get();
        String bare = message.substring(header.text().length());
        Optional<ClientFirst> first = ClientFirst.parse(bare);
        if (first.isEmpty() || (header.flag() == 'p') != plus) {
            return Next.malformed();
        }
        // RFC 5802 §6: the client would have bound the channel, but somebody hid from it that the server can
        if (header.flag() == 'y' && context.offeredMechanisms().contains(PLUS)) {
            return Next.failure(SaslFailure.CREDENTIALS_INVALID);
        }
        Optional<byte[]> binding = plus ? context.channelBinding(header.binding()) : Optional.of(new byte[0]);
        if (binding.isEmpty()) {
            return Next.malformed();
        }
        String nonce = first.get().nonce() + nonces.get();
        String user = first.get().user();
        return verifiers
                .find(user, context)
                .map(found -> found.orElseGet(() -> standIn(user)))
                .compose(verifier ->
                        new Attempt(header, binding.get(), user, bare, nonce, verifier, context).serverFirst());
    }

    /** {@code client-first-message-bare = "n=" saslname "," "r=" c-nonce ["," extensions]} (RFC 5802 §7). */
    private record ClientFirst(String user, String nonce) {

        private static final int MAX_NONCE = 512;

        static Optional<ClientFirst> parse(String bare) {
            String[] attributes = bare.split(",", -1);
            if (!startWith(attributes, "n=", "r=") || !isNonce(attributes[1].substring(2))) {
                return Optional.empty();
            }
            return Gs2Header.saslName(attributes[0].substring(2))
                    .map(user -> new ClientFirst(user, attributes[1].substring(2)));
        }

        // printable = %x21-2B / %x2D-7E
        private static boolean isNonce(String text) {
            return !text.isEmpty() && text.length() <= MAX_NONCE && text.chars().allMatch(c -> c > ' ' && c <= '~');
        }
    }

    /** {@code client-final-message = "c=" base64 "," "r=" nonce ["," extensions] "," "p=" base64} (RFC 5802 §7). */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never printed
    private record ClientFinal(byte[] binding, String nonce, byte[] proof, String withoutProof) {

        static Optional<ClientFinal> parse(String message) {
            int end = message.lastIndexOf(',');
            if (end < 0 || !message.startsWith("p=", end + 1)) {
                return Optional.empty();
            }
            String withoutProof = message.substring(0, end);
            String[] attributes = withoutProof.split(",", -1);
            if (!startWith(attributes, "c=", "r=")) {
                return Optional.empty();
            }
            return decode(attributes[0].substring(2))
                    .flatMap(binding -> decode(message.substring(end + 3))
                            .filter(proof -> proof.length == Crypto.SHA256_LENGTH)
                            .map(proof -> new ClientFinal(binding, attributes[1].substring(2), proof, withoutProof)));
        }

        private static Optional<byte[]> decode(String base64) {
            try {
                return Optional.of(Base64.getDecoder().decode(base64));
            } catch (IllegalArgumentException malformed) {
                return Optional.empty();
            }
        }
    }

    /** Whether the two attributes stand in front and only extensions, which are ignored, behind them. */
    private static boolean startWith(String[] attributes, String first, String second) {
        if (attributes.length < 2 || !attributes[0].startsWith(first) || !attributes[1].startsWith(second)) {
            return false;
        }
        // attr-val = ALPHA "=" value
        return Arrays.stream(attributes, 2, attributes.length)
                .allMatch(text -> text.length() > 2 && text.charAt(1) == '=' && isLetter(text.charAt(0)));
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    /** What the server knows of one client after its first message. */
    private final class Attempt {
        private final Gs2Header header;
        private final byte[] binding;
        private final String user;
        private final String nonce;
        private final ScramVerifier verifier;
        private final SaslContext context;
        private final String serverFirst;
        private final String clientFirstBare;

        Attempt(
                Gs2Header header,
                byte[] binding,
                String user,
                String clientFirstBare,
                String nonce,
                ScramVerifier verifier,
                SaslContext context) {
            this.header = header;
            this.binding = binding;
            this.user = user;
            this.clientFirstBare = clientFirstBare;
            this.nonce = nonce;
            this.verifier = verifier;
            this.context = context;
            this.serverFirst = "r=" + nonce + ",s=" + base64(verifier.salt()) + ",i=" + verifier.iterations();
        }

        Future<Next> serverFirst() {
            return Next.challenge(
                    utf8(serverFirst),
                    response -> Text.utf8(response).map(this::clientFinal).orElseGet(Next::malformed));
        }

        private Future<Next> clientFinal(String message) {
            Optional<ClientFinal> parsed = ClientFinal.parse(message);
            if (parsed.isEmpty()) {
                return Next.malformed();
            }
            ClientFinal last = parsed.get();
            byte[] authMessage = utf8(clientFirstBare + "," + serverFirst + "," + last.withoutProof());
            boolean bound = MessageDigest.isEqual(bindingInput(), last.binding());
            boolean current = nonce.equals(last.nonce());
            boolean proven = verifier.proves(last.proof(), authMessage);
            if (!(bound && current && proven)) {
                return Next.failure(SaslFailure.CREDENTIALS_INVALID);
            }
            return verifiers
                    .identify(user, header.authorizationId(), context)
                    .compose(identity -> Dialogue.conclude(identity, header.authorizationId()))
                    .compose(end -> end.step() instanceof SaslStep.Failure
                            ? Future.succeededFuture(end)
                            : serverFinal(authMessage, end));
        }

        private Future<Next> serverFinal(byte[] authMessage, Next success) {
            return Next.challenge(
                    utf8("v=" + base64(verifier.serverSignature(authMessage))),
                    response -> response.length == 0 ? Future.succeededFuture(success) : Next.malformed());
        }

        // cbind-input = gs2-header [ cbind-data ]
        private byte[] bindingInput() {
            ByteArrayOutputStream input = new ByteArrayOutputStream();
            input.writeBytes(utf8(header.text()));
            input.writeBytes(binding);
            return input.toByteArray();
        }
    }

    /** A verifier that no password has, for a user that does not exist. */
    private ScramVerifier standIn(String user) {
        byte[] seed = Crypto.hmac(standInKey, utf8(user));
        byte[] salt = Arrays.copyOf(seed, PasswordHash.SALT_LENGTH);
        return new ScramVerifier(
                verifiers.iterations(), salt, random(Crypto.SHA256_LENGTH), random(Crypto.SHA256_LENGTH));
    }

    private static byte[] random(int length) {
        byte[] octets = new byte[length];
        RANDOM.nextBytes(octets);
        return octets;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }
}
