package io.postern.smtp.handlers.eventbus;

import com.hazelcast.config.Config;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.streams.ReadStream;
import io.vertx.spi.cluster.hazelcast.ConfigUtil;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * What runs in a process of its own: a server, or a consumer. It tells what happens in lines on standard output, and ends
 * with the process that started it.
 */
final class ClusterNode {

    static final String ADDRESS = "mail";
    static final String RECIPIENT_ADDRESS = "recipients";

    private ClusterNode() {}

    /** Arguments: server or consumer, name of the cluster, ports of the members with the own first, then for the role. */
    public static void main(String[] arguments) throws Exception {
        Vertx vertx = BusServer.await(clustered(arguments[1], ports(arguments[2])));
        switch (arguments[0]) {
            case "server" -> serve(vertx, Duration.parse(arguments[3]));
            case "consumer" -> consume(vertx, Path.of(arguments[3]));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        while (System.in.read() >= 0) {
            // nothing is said; it ends with the other process
        }
        Runtime.getRuntime().halt(0);
    }

    private static List<Integer> ports(String list) {
        return Arrays.stream(list.split(",")).map(Integer::valueOf).toList();
    }

    private static Future<Vertx> clustered(String name, List<Integer> ports) {
        Config config = ConfigUtil.loadConfig();
        config.setClusterName(name);
        config.setProperty("hazelcast.phone.home.enabled", "false");
        config.setProperty("hazelcast.wait.seconds.before.join", "0");
        config.setProperty("hazelcast.heartbeat.interval.seconds", "1");
        config.setProperty("hazelcast.max.no.heartbeat.seconds", "5");
        config.getNetworkConfig().setPort(ports.get(0)).setPortAutoIncrement(false);
        config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
        config.getNetworkConfig().getJoin().getMulticastConfig().setEnabled(false);
        config.getNetworkConfig().getJoin().getAutoDetectionConfig().setEnabled(false);
        config.getNetworkConfig().getJoin().getTcpIpConfig().setEnabled(true);
        ports.forEach(
                port -> config.getNetworkConfig().getJoin().getTcpIpConfig().addMember("127.0.0.1:" + port));
        return Vertx.builder()
                .with(new VertxOptions().setEventBusOptions(new EventBusOptions().setHost("127.0.0.1")))
                .withClusterManager(new HazelcastClusterManager(config))
                .buildClustered();
    }

    private static void serve(Vertx vertx, Duration timeout) {
        EventBusHandlerOptions options = new EventBusHandlerOptions()
                .setAddress(ADDRESS)
                .setRecipientAddress(RECIPIENT_ADDRESS)
                .setTimeout(timeout);
        say("port "
                + BusServer.start(vertx, options, new SmtpServerOptions().setDataSizeLimit(0))
                        .port());
    }

    private static void consume(Vertx vertx, Path record) throws IOException {
        FileChannel file = FileChannel.open(record, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        BusServer.await(EventBusConsumer.registerRecipients(
                vertx,
                RECIPIENT_ADDRESS,
                question -> Future.succeededFuture(
                        question.recipient().mailbox().localPart().equals("nobody")
                                ? Reply.of(
                                        550,
                                        "5.1.1",
                                        "no such user\nas "
                                                + question.session().hostName().orElse(""))
                                : Replies.RECIPIENT_OK)));
        BusServer.await(
                EventBusConsumer.register(vertx, ADDRESS, (envelope, body) -> take(vertx, file, envelope, body)));
        say("ready");
    }

    /** Writes the first line of each message down for good before it is answered, and tells its size and digest. */
    private static Future<Reply> take(Vertx vertx, FileChannel file, BusEnvelope envelope, ReadStream<Buffer> body) {
        say("begun " + envelope.mailFrom());
        MessageDigest digest = sha256();
        Buffer beginning = Buffer.buffer();
        long[] octets = {0};
        Promise<Void> whole = Promise.promise();
        body.exceptionHandler(failure -> {
            say("failed " + envelope.mailFrom() + " " + failure.getClass().getSimpleName());
            whole.tryFail(failure);
        });
        body.endHandler(end -> {
            say("ended " + envelope.mailFrom());
            whole.tryComplete();
        });
        body.handler(part -> {
            digest.update(part.getBytes());
            octets[0] += part.length();
            if (beginning.length() < 100) {
                beginning.appendBuffer(part, 0, Math.min(100, part.length()));
            }
        });
        return whole.future()
                .compose(end -> vertx.executeBlocking(
                        () -> {
                            append(
                                    file,
                                    beginning.toString().lines().findFirst().orElse("") + "\n");
                            return null;
                        },
                        false))
                .map(done -> Reply.of(
                        250,
                        "2.6.0",
                        String.join(
                                "\n",
                                envelope.mailFrom(),
                                String.join(" ", envelope.rcptTos()),
                                envelope.session().peer().host(),
                                envelope.session().hostName().orElse(""),
                                octets[0] + " octets",
                                HexFormat.of().formatHex(digest.digest()))));
    }

    private static synchronized void append(FileChannel file, String line) {
        try {
            file.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
            file.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static synchronized void say(String line) {
        System.out.println(line);
    }
}
