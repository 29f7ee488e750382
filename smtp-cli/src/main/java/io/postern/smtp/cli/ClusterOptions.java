package io.postern.smtp.cli;

import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that make the command a node of a cluster of Vert.x. */
final class ClusterOptions {

    @Option(
            names = "--cluster-host",
            paramLabel = "HOST[:PORT]",
            description =
                    "Join a cluster of Vert.x (Hazelcast) from this address of ours; the port is 5701 or a free one"
                            + " above it.")
    private @Nullable String host;

    @Option(
            names = "--cluster-member",
            paramLabel = "HOST[:PORT]",
            description = "Another node of the cluster; repeatable.")
    private List<String> members = new ArrayList<>();

    @Option(names = "--cluster-name", paramLabel = "NAME", description = "The name of the cluster; default dev.")
    private @Nullable String name;

    ClusterOptions() {}

    boolean isGiven() {
        return host != null;
    }

    /**
     * These options, if they make sense.
     *
     * @throws IllegalArgumentException when they make none; the message is for the user
     */
    ClusterOptions check() {
        if (host == null && (!members.isEmpty() || name != null)) {
            throw new IllegalArgumentException(
                    (members.isEmpty() ? "--cluster-name" : "--cluster-member") + " needs --cluster-host");
        }
        if (host != null) {
            address("--cluster-host", host);
        }
        members.forEach(member -> address("--cluster-member", member));
        return this;
    }

    private static HazelcastAddress address(String option, String text) {
        try {
            return HazelcastAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + " " + text + ": " + e.getMessage(), e);
        }
    }

    /** Makes a Vertx, which is a node of the cluster if there is one; blocks until it is. */
    Vertx build(VertxBuilder builder, VertxOptions options) {
        if (host == null) {
            return builder.with(options).build();
        }
        return HazelcastNode.start(
                builder,
                options,
                name == null ? HazelcastNode.DEFAULT_NAME : name,
                address("--cluster-host", host),
                members.stream()
                        .map(member -> address("--cluster-member", member))
                        .toList());
    }
}
