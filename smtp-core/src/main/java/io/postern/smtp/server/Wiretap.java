package io.postern.smtp.server;

import io.netty.channel.ChannelDuplexHandler;
import io.postern.smtp.Envelope;
import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.protocol.Output;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Listens in on the connections of a server and interferes with them, for the testkit. All methods, those of {@link Wire}
 * too, are called on the event loop of the connection and must neither block nor throw.
 */
public interface Wiretap {

    /**
     * A connection has been accepted; nothing was read or written yet.
     *
     * @param terminate ends the session with a reply, whatever is going on
     */
    Wire attach(Session session, Consumer<Reply> terminate);

    /** One connection. */
    interface Wire {

        /** What stands between TLS, if there is any, and the server, and sees plain octets in both directions. */
        ChannelDuplexHandler channelHandler();

        /** The client has sent a command line; what is secret in it is masked already. */
        void received(String line);

        /** The server is about to write replies: one or more lines, each with CR LF behind it. */
        void sent(String replies);

        /** The connection is encrypted, by implicit TLS or STARTTLS. */
        void encrypted(String protocol);

        /** Octets of the content of a message, without what the transfer added, go to the handler. */
        void content(int octets);

        /**
         * The session is about to take a step: see {@link Output#holdsUp}.
         *
         * @return null to take it at once; else a future, completed on whichever thread, of the reply that takes the place
         *     of the step, or of none, and then the step is taken
         */
        @Nullable
        Future<Optional<Reply>> holdUp(String step, String argument, Envelope envelope);

        /** The connection is gone. */
        void ended();
    }
}
