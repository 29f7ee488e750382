package io.postern.smtp.benchmarks.cluster;

import com.hazelcast.config.Config;
import com.hazelcast.config.NetworkConfig;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpHandler;
import io.postern.smtp.SmtpServer;
import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.handlers.SinkHandler;
import io.postern.smtp.handlers.eventbus.BusEnvelope;
import io.postern.smtp.handlers.eventbus.EventBusConsumer;
import io.postern.smtp.handlers.eventbus.EventBusHandler;
import io.postern.smtp.handlers.eventbus.EventBusHandlerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.streams.ReadStream;
import io.vertx.spi.cluster.hazelcast.ConfigUtil;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.Arrays;
import java.util.List;

/** Runs in a process of its own: the server, or a consumer. It ends with the process that started it. */
final class Node {

    private static final String LOOPBACK = "127.0.0.1";

    private Node() {}

    /** Arguments: number of the node, of which 0 is the server; name of the cluster; ports of all nodes. */
    public static void main(String[] arguments) throws Exception {
        int number = Integer.parseInt(arguments[0]);
        List<Integer> ports =
                Arrays.stream(arguments[2].split(",")).map(Integer::valueOf).toList();
        Vertx vertx = clustered(arguments[1], ports.get(number), ports).await();
        if (number == 0) {
            serve(vertx);
        } else {
            consume(vertx, number);
        }
        while (System.in.read() >= 0) {
            // nothing is said; it ends with the other process
        }
        Runtime.getRuntime().halt(0);
    }

    private static Future<Vertx> clustered(String name, int port, List<Integer> ports) {
        Config config = ConfigUtil.loadConfig();
        config.setClusterName(name);
        config.setProperty("hazelcast.phone.home.enabled", "false");
        config.setProperty("hazelcast.logging.type", "none");
        NetworkConfig network = config.getNetworkConfig();
        network.setPort(port).setPortAutoIncrement(false);
        network.getInterfaces().setEnabled(true).addInterface(LOOPBACK);
        network.getJoin().getMulticastConfig().setEnabled(false);
        network.getJoin().getAutoDetectionConfig().setEnabled(false);
        network.getJoin().getTcpIpConfig().setEnabled(true);
        ports.forEach(member -> network.getJoin().getTcpIpConfig().addMember(LOOPBACK + ":" + member));
        return Vertx.builder()
                .with(new VertxOptions()
                        .setPreferNativeTransport(true)
                        .setEventBusOptions(new EventBusOptions().setHost(LOOPBACK)))
                .withClusterManager(new HazelcastClusterManager(config))
                .buildClustered();
    }

    /** Serves each setup at a port of its own, and prints the ports. */
    private static void serve(Vertx vertx) {
        EventBusConsumer.register(vertx, Setup.LOCAL_CONSUMER.address(), Node::take)
                .await();
        StringBuilder ports = new StringBuilder();
        for (Setup setup : Setup.values()) {
            SmtpHandler handler = setup == Setup.HANDLER
                    ? new SinkHandler()
                    : EventBusHandler.create(vertx, new EventBusHandlerOptions().setAddress(setup.address()));
            SmtpServerOptions options =
                    new SmtpServerOptions().setHost(LOOPBACK).setPort(0).setHostName("mx.example");
            SmtpServer server =
                    SmtpServer.create(vertx, handler, options).listen().await();
            ports.append(setup).append('=').append(server.actualPort()).append(' ');
        }
        System.out.println(ports.toString().strip());
    }

    /** Consumes for each setup that has so many nodes, and says so. */
    private static void consume(Vertx vertx, int number) {
        for (Setup setup : Setup.values()) {
            if (setup.nodes() >= number) {
                EventBusConsumer.register(vertx, setup.address(), Node::take).await();
            }
        }
        System.out.println("ready");
    }

    /** Reads a message and keeps nothing. */
    private static Future<Reply> take(BusEnvelope envelope, ReadStream<Buffer> body) {
        Promise<Reply> answer = Promise.promise();
        body.exceptionHandler(answer::tryFail);
        body.endHandler(end -> answer.tryComplete(Replies.MESSAGE_ACCEPTED));
        body.handler(part -> {});
        return answer.future();
    }
}
