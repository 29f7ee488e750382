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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    // RFC 5802 §7; what may come behind the nonce is an extension, which must be ignored
    private static final String EXTENSIONS = "(?:,[A-Za-z]=[^,]+)*";
    private static final Pattern FIRST_BARE =
            Pattern.compile("n=(?<user>[^,]*),r=(?<nonce>[!-+\\--~]{1,512})" + EXTENSIONS);
    private static final Pattern FINAL =
            Pattern.compile("(?<unproven>c=(?<binding>[A-Za-z0-9+/=]+),r=(?<nonce>[!-+\\--~]+)" + EXTENSIONS
                    + "),p=(?<proof>[A-Za-z0-9+/=]+)");

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
        Matcher matcher = FIRST_BARE.matcher(bare);
        Optional<String> user = matcher.matches() ? Gs2Header.saslName(matcher.group("user")) : Optional.empty();
        if (user.isEmpty() || (header.flag() == 'p') != plus) {
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
        String nonce = matcher.group("nonce") + nonces.get();
        return verifiers
                .find(user.get(), context)
                .map(found -> found.orElseGet(() -> standIn(user.get())))
                .compose(verifier ->
                        new Attempt(header, binding.get(), user.get(), bare, nonce, verifier, context).serverFirst());
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
            Matcher matcher = FINAL.matcher(message);
            if (!matcher.matches()) {
                return Next.malformed();
            }
            Optional<byte[]> clientBinding = decode(matcher.group("binding"));
            Optional<byte[]> proof =
                    decode(matcher.group("proof")).filter(octets -> octets.length == Crypto.SHA256_LENGTH);
            if (clientBinding.isEmpty() || proof.isEmpty()) {
                return Next.malformed();
            }
            byte[] authMessage = utf8(clientFirstBare + "," + serverFirst + "," + matcher.group("unproven"));
            boolean bound = MessageDigest.isEqual(bindingInput(), clientBinding.get());
            boolean current = nonce.equals(matcher.group("nonce"));
            boolean proven = verifier.proves(proof.get(), authMessage);
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

    private static Optional<byte[]> decode(String base64) {
        try {
            return Optional.of(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }
}
