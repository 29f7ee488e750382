package io.postern.smtp.server;

import io.postern.smtp.Extension;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.protocol.Auth;
import io.postern.smtp.protocol.CommandCalls;
import io.postern.smtp.protocol.Dialect;
import io.postern.smtp.protocol.EngineExtension;
import io.postern.smtp.protocol.EngineSettings;
import io.postern.smtp.protocol.ExtensionVerb;
import io.postern.smtp.protocol.Limits;
import io.postern.smtp.protocol.StartTls;
import io.postern.smtp.sasl.SaslContext;
import io.postern.smtp.sasl.SaslMechanism;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.SocketAddress;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What a server was when it accepted a connection, and what it stays for that connection, whatever becomes of the server.
 *
 * @param options never changed
 * @param handlers gives each connection its handler
 * @param address where the server listens; if in several places, the first
 * @param tls the certificates, read from their files
 * @param mechanisms those that are not excluded, in their order
 * @param extensions by what the engine knows them as
 */
record ServerSettings(
        SmtpServerOptions options,
        Supplier<? extends SmtpHandler> handlers,
        SocketAddress address,
        String hostName,
        Optional<ServerSSLOptions> tls,
        EngineSettings engine,
        ProxyPeers proxyPeers,
        List<SaslMechanism> mechanisms,
        Map<EngineExtension, Extension> extensions) {

    ServerSettings {
        mechanisms = List.copyOf(mechanisms);
        extensions = Map.copyOf(extensions);
    }

    /** @param mechanisms all that were added, also those that the options exclude */
    static ServerSettings of(
            SmtpServerOptions options,
            Supplier<? extends SmtpHandler> handlers,
            SocketAddress address,
            String hostName,
            Optional<ServerSSLOptions> tls,
            Collection<SaslMechanism> mechanisms,
            List<Extension> extensions) {
        List<SaslMechanism> enabled = enabled(options, mechanisms);
        Map<EngineExtension, Extension> known = new LinkedHashMap<>();
        extensions.forEach(extension -> known.put(engineExtension(extension), extension));
        return new ServerSettings(
                options,
                handlers,
                address,
                hostName,
                tls,
                engine(options, hostName, enabled, List.copyOf(known.keySet())),
                new ProxyPeers(options.getProxyFrom()),
                enabled,
                known);
    }

    /** @throws IllegalArgumentException when one option asks for what another, or the class path, does not give */
    static void checkSense(SmtpServerOptions options, Collection<SaslMechanism> mechanisms) {
        if (options.getTls().isEmpty() && options.isImplicitTls()) {
            throw new IllegalArgumentException("implicitTls is set, but tls is not");
        }
        if (options.getTls().isEmpty() && options.isRequireStartTls()) {
            throw new IllegalArgumentException("requireStartTls is set, but tls is not");
        }
        if (options.isAuthRequired() && enabled(options, mechanisms).isEmpty()) {
            throw new IllegalArgumentException("authRequired is set, but the server has no mechanism");
        }
        if (options.isProxyProtocol() && !ProxyPeers.isDecoderPresent()) {
            throw new IllegalArgumentException("proxyProtocol is set, but netty-codec-haproxy is not on the path");
        }
    }

    private static List<SaslMechanism> enabled(SmtpServerOptions options, Collection<SaslMechanism> mechanisms) {
        return mechanisms.stream()
                .filter(mechanism -> !options.getAuthExcludeMechanisms().contains(mechanism.name()))
                .toList();
    }

    private static EngineSettings engine(
            SmtpServerOptions options, String hostName, List<SaslMechanism> enabled, List<EngineExtension> extensions) {
        Limits limits = new Limits(
                options.getCommandSizeLimit(),
                options.getLineLengthLimit(),
                options.getLocalPartLimit(),
                options.getMaxRecipients(),
                options.getDataSizeLimit(),
                options.getMaxHeaderSize(),
                options.getMaxHops(),
                options.getMaxMessages(),
                options.getMaxJunkCommands(),
                new CommandCalls(options.getCommandCallLimit()),
                options.getMaxUnknownCommands(),
                options.getMaxAuthFailures(),
                options.getMaxErrors());
        return new EngineSettings(
                options.isLmtp() ? Dialect.LMTP : Dialect.SMTP,
                hostName,
                limits,
                options.isSmtpUtf8(),
                options.isPrdr(),
                options.getBareNewlines(),
                startTls(options),
                new Auth(!enabled.isEmpty(), options.isAuthRequired(), options.isAuthRequireTls()),
                extensions);
    }

    private static StartTls startTls(SmtpServerOptions options) {
        if (options.getTls().isEmpty() || options.isImplicitTls()) {
            return StartTls.NONE;
        }
        return options.isRequireStartTls() ? StartTls.REQUIRED : StartTls.OFFERED;
    }

    private static EngineExtension engineExtension(Extension extension) {
        return new EngineExtension(
                extension.verb().map(verb -> new ExtensionVerb(verb, extension.syntax())),
                extension.ehloLine(),
                extension.mailParameters(),
                extension.rcptParameters());
    }

    /** @throws NullPointerException when the supplier gives none */
    SmtpHandler handler() {
        return Objects.requireNonNull(handlers.get(), "the supplier gave no handler");
    }

    Reply greeting() {
        return Reply.of(220, hostName + " " + options.getIdent());
    }

    /** The names of the mechanisms that a connection may use now. */
    List<String> offeredMechanisms(SaslContext context) {
        if (options.isAuthRequireTls() && context.tls().isEmpty()) {
            return List.of();
        }
        return mechanisms.stream()
                .filter(mechanism -> mechanism.isOffered(context))
                .map(SaslMechanism::name)
                .toList();
    }

    SaslMechanism mechanism(String name) {
        return mechanisms.stream()
                .filter(mechanism -> mechanism.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name));
    }

    Extension extension(EngineExtension known) {
        return Objects.requireNonNull(extensions.get(known), known::toString);
    }
}
