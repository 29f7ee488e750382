package io.postern.smtp.benchmarks.loopback;

import com.icegreen.greenmail.user.GreenMailUser;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.handlers.SinkHandler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.apache.james.protocols.netty.NettyServer;
import org.apache.james.protocols.smtp.MailEnvelope;
import org.apache.james.protocols.smtp.SMTPConfigurationImpl;
import org.apache.james.protocols.smtp.SMTPProtocol;
import org.apache.james.protocols.smtp.SMTPProtocolHandlerChain;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.MessageHook;
import org.subethamail.smtp.MessageContext;
import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.server.SMTPServer;

/** An SMTP server for the JVM that discards what it gets. */
public enum Peer {
    /** Postern with its {@link SinkHandler}, on an event loop with the native transport where there is one. */
    POSTERN {
        @Override
        RunningPeer start() {
            Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
            SmtpServer server =
                    SmtpServer.create(vertx, new SinkHandler(), new SmtpServerOptions().setHostName("mx.example"));
            server.listen(0, LOOPBACK).await();
            return new RunningPeer(server.actualPort(), () -> vertx.close().await());
        }
    },
    /** SubEthaSMTP, with a thread for each connection. */
    SUBETHA {
        @Override
        RunningPeer start() throws IOException {
            SMTPServer server = SMTPServer.port(freePort())
                    .bindAddress(InetAddress.getLoopbackAddress())
                    .hostName("mx.example")
                    .messageHandlerFactory(Discarding::new)
                    .build();
            server.start();
            return new RunningPeer(server.getPortAllocated(), server::stop);
        }
    },
    /** The protocols of Apache James, on Netty. */
    JAMES {
        @Override
        RunningPeer start() throws Exception {
            MessageHook discard = (SMTPSession session, MailEnvelope mail) -> HookResult.OK;
            SMTPProtocolHandlerChain chain = new SMTPProtocolHandlerChain(new NothingMeasured(), discard);
            int port = freePort();
            NettyServer server = new NettyServer.Factory()
                    .protocol(new SMTPProtocol(chain, new SMTPConfigurationImpl()))
                    .build();
            server.setListenAddresses(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            server.bind();
            return new RunningPeer(port, server::unbind);
        }
    },
    /** GreenMail; it parses each message even if nobody wants it. */
    GREENMAIL {
        @Override
        RunningPeer start() throws IOException {
            GreenMail server = new GreenMail(new ServerSetup(freePort(), LOOPBACK, ServerSetup.PROTOCOL_SMTP));
            server.start();
            GreenMailUser nobody = (GreenMailUser) Proxy.newProxyInstance(
                    Peer.class.getClassLoader(), new Class<?>[] {GreenMailUser.class}, (proxy, method, with) -> null);
            server.getManagers().getUserManager().setMessageDeliveryHandler((message, to) -> nobody);
            return new RunningPeer(server.getSmtp().getPort(), server::stop);
        }
    };

    private static final String LOOPBACK = "127.0.0.1";

    /** Starts it on a free port; returns when it accepts connections. */
    abstract RunningPeer start() throws Exception;

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private record Discarding(MessageContext context) implements MessageHandler {

        @Override
        public void from(String from) {}

        @Override
        public void recipient(String recipient) {}

        @Override
        public String data(InputStream data) throws IOException {
            data.transferTo(OutputStream.nullOutputStream());
            return "discarded";
        }

        @Override
        public void done() {}
    }
}
