package io.postern.smtp;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Whom a client that speaks for others named as the client of the session (Postfix's XCLIENT). {@link Session} says it
 * instead of what it knows of the connection; what is empty here stays as the connection has it.
 *
 * <p>As the answer of an {@link Extension} it begins the session anew: the transaction, the client's hello, what came with
 * {@link ForwardedClient} and an identity proved with AUTH are forgotten, {@link SmtpHandler#handleConnect} decides about
 * this client, and its reply is the reply to the verb. TLS stays, and so do the counts of commands and mistakes.
 *
 * <p>STARTTLS keeps it, as it keeps what a proxy said, but for the login (RFC 3207 §4.2): were the client of a filter
 * forgotten there, it would be taken for the filter itself.
 *
 * @param address the client's IP address in digits, or {@link #UNKNOWN}
 * @param port the client's port; without it, a client whose address is given has port 0
 * @param localAddress the IP address that the client connected to, or {@link #UNKNOWN}
 * @param localPort the port that the client connected to; without it, 0 where {@code localAddress} is given
 * @param name the client's name in the DNS; empty when it was not told, does not exist, or could not be looked up
 * @param temporaryNameFailure whether the name could not be looked up for now
 * @param hello what the client called itself; {@link Session#hostName()} is what was said in this connection
 * @param protocol the protocol that the client speaks, {@code SMTP} or {@code ESMTP}
 * @param login who the client has proved to be: {@link Session#authenticated()} names them
 */
public record ClientOverride(
        Optional<String> address,
        OptionalInt port,
        Optional<String> localAddress,
        OptionalInt localPort,
        Optional<String> name,
        boolean temporaryNameFailure,
        Optional<String> hello,
        Optional<String> protocol,
        Optional<String> login)
        implements ExtensionAnswer {

    /** Stands for an address that is not known. It is in no network, so that nobody has the rights of the connection's. */
    public static final String UNKNOWN = "unknown";

    /** Overrides nothing. */
    public static final ClientOverride NONE = new ClientOverride(
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    public ClientOverride {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(port, "port");
        Objects.requireNonNull(localAddress, "localAddress");
        Objects.requireNonNull(localPort, "localPort");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(hello, "hello");
        Objects.requireNonNull(protocol, "protocol");
        Objects.requireNonNull(login, "login");
    }

    /** This client with another address. */
    public ClientOverride withAddress(String address) {
        return new ClientOverride(
                Optional.of(address),
                port,
                localAddress,
                localPort,
                name,
                temporaryNameFailure,
                hello,
                protocol,
                login);
    }

    /** This client with another port, or with none. */
    public ClientOverride withPort(OptionalInt port) {
        return new ClientOverride(
                address, port, localAddress, localPort, name, temporaryNameFailure, hello, protocol, login);
    }

    /** This client, connected to another address. */
    public ClientOverride withLocalAddress(String localAddress) {
        return new ClientOverride(
                address,
                port,
                Optional.of(localAddress),
                localPort,
                name,
                temporaryNameFailure,
                hello,
                protocol,
                login);
    }

    /** This client, connected to another port, or to one that is not known. */
    public ClientOverride withLocalPort(OptionalInt localPort) {
        return new ClientOverride(
                address, port, localAddress, localPort, name, temporaryNameFailure, hello, protocol, login);
    }

    /** This client with another name, or with none. */
    public ClientOverride withName(Optional<String> name, boolean temporaryNameFailure) {
        return new ClientOverride(
                address, port, localAddress, localPort, name, temporaryNameFailure, hello, protocol, login);
    }

    /** This client, calling itself something else. */
    public ClientOverride withHello(Optional<String> hello) {
        return new ClientOverride(
                address, port, localAddress, localPort, name, temporaryNameFailure, hello, protocol, login);
    }

    /** This client, speaking another protocol. */
    public ClientOverride withProtocol(String protocol) {
        return new ClientOverride(
                address,
                port,
                localAddress,
                localPort,
                name,
                temporaryNameFailure,
                hello,
                Optional.of(protocol),
                login);
    }

    /** This client, having proved to be somebody, or nobody. */
    public ClientOverride withLogin(Optional<String> login) {
        return new ClientOverride(
                address, port, localAddress, localPort, name, temporaryNameFailure, hello, protocol, login);
    }
}
