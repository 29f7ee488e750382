package io.postern.smtp.cli;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.spi.cluster.hazelcast.ConfigUtil;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;

/** A node of a cluster that is held together by Hazelcast, over TCP and with members that are listed. */
final class HazelcastNode {

    /** What Hazelcast calls a cluster that was not given a name. */
    static final String DEFAULT_NAME = Config.DEFAULT_CLUSTER_NAME;

    private HazelcastNode() {}

    /** Joins, or begins, the cluster; blocks until that is done. */
    static Vertx start(
            VertxBuilder builder,
            VertxOptions options,
            String name,
            HazelcastAddress own,
            List<HazelcastAddress> members) {
        options.getEventBusOptions().setHost(own.host());
        try {
            return builder.with(options)
                    .withClusterManager(new HazelcastClusterManager(config(name, own, members)))
                    .buildClustered()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            throw new StartFailure(
                    "cannot join cluster " + name + " from " + own, Objects.requireNonNullElse(e.getCause(), e));
        }
    }

    private static Config config(String name, HazelcastAddress own, List<HazelcastAddress> members) {
        Config config = ConfigUtil.loadConfig();
        config.setClusterName(name);
        config.setProperty("hazelcast.phone.home.enabled", "false");
        // it would leave at once when the process is told to end, and running transactions still need it
        config.setProperty("hazelcast.shutdownhook.enabled", "false");
        NetworkConfig network = config.getNetworkConfig();
        own.port().ifPresent(port -> network.setPort(port).setPortAutoIncrement(false));
        network.getInterfaces().setEnabled(true).addInterface(own.host());
        JoinConfig join = network.getJoin();
        join.getMulticastConfig().setEnabled(false);
        join.getAutoDetectionConfig().setEnabled(false);
        join.getTcpIpConfig().setEnabled(true).addMember(own.toString());
        members.forEach(member -> join.getTcpIpConfig().addMember(member.toString()));
        return config;
    }
}
