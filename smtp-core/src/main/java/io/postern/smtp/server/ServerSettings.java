package io.postern.smtp.server;

import io.postern.smtp.Extension;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.protocol.EngineExtension;
import io.postern.smtp.protocol.EngineSettings;
import io.postern.smtp.sasl.SaslContext;
import io.postern.smtp.sasl.SaslMechanism;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a server was when it accepted a connection, and what it stays for that connection, whatever becomes of the server.
 *
 * @param options never changed
 * @param address where the server listens
 * @param mechanisms those that are not excluded, in their order
 * @param extensions by what the engine knows them as
 */
record ServerSettings(
        SmtpServerOptions options,
        SocketAddress address,
        String hostName,
        EngineSettings engine,
        List<SaslMechanism> mechanisms,
        Map<EngineExtension, Extension> extensions) {

    ServerSettings {
        mechanisms = List.copyOf(mechanisms);
        extensions = Map.copyOf(extensions);
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
