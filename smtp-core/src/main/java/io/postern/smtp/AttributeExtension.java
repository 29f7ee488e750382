package io.postern.smtp;

import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What XCLIENT and XFORWARD have in common: a verb for listed peers, outside a transaction, that is followed by
 * attributes.
 */
abstract class AttributeExtension implements Extension {

    private final String verb;
    private final List<String> names;
    private final ListedPeers peers;

    /**
     * @param names of the attributes, as they are announced
     * @param peers who may use it
     * @throws IllegalArgumentException when one is no address, no network, and not {@code unix}
     */
    AttributeExtension(String verb, List<String> names, List<String> peers) {
        this.verb = verb;
        this.names = names;
        this.peers = new ListedPeers(peers);
    }

    @Override
    public final Optional<String> verb() {
        return Optional.of(verb);
    }

    @Override
    public final Optional<String> ehloLine() {
        return Optional.of(verb + " " + String.join(" ", names));
    }

    @Override
    public final String syntax() {
        return verb + " attribute=value [SP attribute=value]";
    }

    @Override
    public final boolean isOffered(Session session) {
        return peers.contains(session);
    }

    @Override
    public final Future<? extends ExtensionAnswer> handle(Session session, Envelope envelope, String argument) {
        return Future.succeededFuture(
                envelope.sender().isPresent()
                        ? Replies.IN_TRANSACTION
                        : answer(session, Attributes.read(argument, names)));
    }

    /**
     * What the attributes mean for the session.
     *
     * @param attributes by their names in capital letters, in their order; empty are those that are not available
     * @throws SmtpException when a value is malformed
     */
    abstract ExtensionAnswer answer(Session session, Map<String, Optional<String>> attributes);
}
