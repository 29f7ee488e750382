package io.postern.smtp.handlers.relay;

import io.netty.util.NetUtil;
import io.postern.smtp.Reply;
import io.postern.smtp.sasl.ScramClient;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/**
 * Leads a new connection to where it can take mail: connect, greeting, EHLO, STARTTLS, EHLO, AUTH. What fails ends the
 * connection and is a {@link HopFailure}: never the fault of a client, whose mail may go another time.
 */
final class Opening {

    private static final String PLAIN = "PLAIN";
    /** The response that cancels an exchange, RFC 4954 §4. */
    private static final String CANCEL = "*";

    private final Supplier<NetClient> client;
    private final RelayOptions options;
    private final NextHop hop;
    private final String heloName;
    private final ClientSSLOptions tls;
    private final String serverName;

    /** Whether the certificate of the next hop is looked at. */
    private final boolean verified;

    /** @param client asked on the event loop of each new connection */
    Opening(Supplier<NetClient> client, RelayOptions options) {
        this.client = client;
        this.options = options;
        this.hop = options.getNextHop().orElseThrow();
        this.heloName = options.getHeloName().orElseGet(Opening::ownName);
        this.verified = options.isImplicitTls() || options.getStartTls() == StartTlsPolicy.REQUIRED;
        this.serverName = options.getTlsName()
                .orElseGet(() -> hop.address().isDomainSocket()
                        ? "localhost"
                        : hop.address().host());
        this.tls = tls();
    }

    private ClientSSLOptions tls() {
        ClientSSLOptions tls = new ClientSSLOptions()
                .setHostnameVerificationAlgorithm(verified && options.isVerifyHostName() ? "HTTPS" : "")
                .setTrustAll(!verified)
                .setSslHandshakeTimeout(options.getConnectTimeout().toMillis())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
        if (verified && !options.getTrustedCertificates().isEmpty()) {
            PemTrustOptions trusted = new PemTrustOptions();
            options.getTrustedCertificates().forEach(trusted::addCertPath);
            tls.setTrustOptions(trusted);
        }
        options.getClientCertificate()
                .ifPresent(certificate -> tls.setKeyCertOptions(new PemKeyCertOptions()
                        .addCertPath(certificate)
                        .addKeyPath(options.getClientKey().orElseThrow())));
        return tls;
    }

    private static String ownName() {
        try {
            String name = InetAddress.getLocalHost().getHostName();
            return name.isEmpty() ? "localhost" : name;
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }

    /** @param id what the log calls the connection */
    Future<HopConnection> open(Loop loop, String id) {
        Promise<HopConnection> opened = loop.promise();
        loop.run(() -> connect()
                .map(socket -> new HopConnection(loop, socket, id, options.getDataTimeout()))
                .compose(connection -> greet(connection)
                        .compose(v -> hello(connection))
                        .compose(v -> encrypt(connection))
                        .compose(v -> logIn(connection))
                        .map(connection)
                        .onFailure(failure -> connection.cut("could not be opened")))
                .onComplete(opened));
        return opened.future();
    }

    private Future<NetSocket> connect() {
        ConnectOptions connect = new ConnectOptions()
                .setRemoteAddress(hop.address())
                .setTimeout((int) options.getConnectTimeout().toMillis());
        if (options.isImplicitTls()) {
            connect.setSsl(true).setSslOptions(tls).setHost(serverName).setSniServerName(sniName());
        }
        return client.get().connect(connect).recover(failure -> {
            boolean insecure = options.isImplicitTls() && isAboutTls(failure);
            return Future.failedFuture(new HopFailure(
                    insecure ? HopReplies.NOT_SECURE : HopReplies.NO_ANSWER, "cannot connect to " + hop, failure));
        });
    }

    private static boolean isAboutTls(Throwable failure) {
        return failure instanceof SSLException || failure.getCause() instanceof SSLException;
    }

    /** RFC 6066 §3: a name of the DNS, no address. */
    private String sniName() {
        boolean isName = !NetUtil.isValidIpV4Address(serverName) && !NetUtil.isValidIpV6Address(serverName);
        return isName ? serverName : "";
    }

    private Future<Void> greet(HopConnection connection) {
        return connection
                .await(options.getGreetingTimeout())
                .compose(greeting -> accepted(greeting, 220, "the greeting"));
    }

    private Future<Void> hello(HopConnection connection) {
        return ask(connection, (hop.lmtp() ? "LHLO " : "EHLO ") + heloName).compose(reply -> {
            if (reply.code() == 250) {
                connection.setCapabilities(HopCapabilities.of(reply));
                return Future.succeededFuture();
            }
            // RFC 5321 §3.2: a server of old
            return hop.lmtp() || !reply.isPermanent() ? refused(reply, "the hello") : helo(connection);
        });
    }

    private Future<Void> helo(HopConnection connection) {
        return ask(connection, "HELO " + heloName).compose(reply -> {
            if (reply.code() == 250) {
                connection.setCapabilities(HopCapabilities.none(reply));
            }
            return accepted(reply, 250, "HELO");
        });
    }

    private Future<Void> encrypt(HopConnection connection) {
        if (options.isImplicitTls() || options.getStartTls() == StartTlsPolicy.NEVER) {
            return Future.succeededFuture();
        }
        if (!connection.capabilities().has("STARTTLS")) {
            return options.getStartTls() == StartTlsPolicy.REQUIRED
                    ? failed(HopReplies.NOT_SECURE, "the next hop does not offer STARTTLS")
                    : Future.succeededFuture();
        }
        return ask(connection, "STARTTLS").compose(reply -> {
            if (reply.code() != 220) {
                return options.getStartTls() == StartTlsPolicy.REQUIRED
                        ? failed(HopReplies.NOT_SECURE, "the next hop refused STARTTLS: " + reply.code())
                        : Future.succeededFuture();
            }
            return connection.encrypt(tls, serverName).compose(v -> hello(connection));
        });
    }

    private Future<Void> logIn(HopConnection connection) {
        if (options.getUserName().isEmpty()) {
            return Future.succeededFuture();
        }
        String user = options.getUserName().get();
        String password = options.getPassword().orElseThrow();
        boolean tellable = options.isPlainWithoutTls() || (connection.isEncrypted() && verified);
        Optional<String> mechanism = options.getAuthMechanisms().stream()
                .filter(connection.capabilities().mechanisms()::contains)
                .filter(name -> tellable || !name.equals(PLAIN))
                .findFirst();
        if (mechanism.isEmpty()) {
            return failed(
                    HopReplies.NOT_ALLOWED,
                    "the next hop offers AUTH with " + connection.capabilities().mechanisms() + ", of which none of "
                            + options.getAuthMechanisms() + " may be used on this connection");
        }
        return mechanism.get().equals(PLAIN)
                ? plain(connection, user, password)
                : scram(connection, new ScramClient(user, password));
    }

    // RFC 4616
    private Future<Void> plain(HopConnection connection, String user, String password) {
        String response = base64(("\0" + user + "\0" + password).getBytes(StandardCharsets.UTF_8));
        return ask(connection, "AUTH PLAIN " + response).compose(reply -> accepted(reply, 235, "AUTH PLAIN"));
    }

    private Future<Void> scram(HopConnection connection, ScramClient scram) {
        return ask(connection, "AUTH " + ScramClient.MECHANISM + " " + base64(scram.first()))
                .compose(reply -> challenge(reply, "AUTH"))
                .compose(challenge -> connection.loop().blocking(() -> scram.answer(challenge)))
                .compose(answer -> answer.isPresent()
                        ? ask(connection, base64(answer.get()))
                        : ask(connection, CANCEL)
                                .compose(v -> failed(HopReplies.NOT_ALLOWED, "a challenge of SCRAM makes no sense")))
                .compose(reply -> challenge(reply, "the proof of SCRAM"))
                .compose(proof -> scram.provesServer(proof)
                        ? ask(connection, "")
                        : failed(HopReplies.NOT_ALLOWED, "the next hop does not know the password itself"))
                .compose(reply -> accepted(reply, 235, "AUTH"));
    }

    private static Future<byte[]> challenge(Reply reply, String what) {
        if (reply.code() != 334) {
            return refused(reply, what);
        }
        try {
            return Future.succeededFuture(Base64.getDecoder().decode(reply.text()));
        } catch (IllegalArgumentException malformed) {
            return failed(HopReplies.NOT_ALLOWED, "a challenge is no base64");
        }
    }

    private Future<Reply> ask(HopConnection connection, String command) {
        return connection.ask(command, options.getCommandTimeout());
    }

    private static Future<Void> accepted(Reply reply, int code, String what) {
        return reply.code() == code ? Future.succeededFuture() : refused(reply, what);
    }

    private static <T> Future<T> refused(Reply reply, String what) {
        return failed(HopReplies.NOT_ALLOWED, "the next hop answered " + what + " with " + reply.code());
    }

    private static <T> Future<T> failed(Reply forClient, String detail) {
        return Future.failedFuture(new HopFailure(forClient, detail));
    }

    private static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }
}
