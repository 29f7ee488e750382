package io.postern.smtp.cli;

import io.netty.util.NetUtil;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a node of a cluster is.
 *
 * @param host a name or an address, without brackets
 * @param port empty when it was not said
 */
record HazelcastAddress(String host, OptionalInt port) {

    private static final Pattern BRACKETED = Pattern.compile("\\[([^\\[\\]]+)](?::([0-9]{1,5}))?");
    private static final Pattern NAMED = Pattern.compile("([^:\\[\\]\\s]+)(?::([0-9]{1,5}))?");

    /** @throws IllegalArgumentException when {@code text} is no address; the message is for the user */
    static HazelcastAddress parse(String text) {
        Matcher bracketed = BRACKETED.matcher(text);
        if (bracketed.matches() && NetUtil.isValidIpV6Address(bracketed.group(1))) {
            return new HazelcastAddress(bracketed.group(1), port(bracketed));
        }
        Matcher named = NAMED.matcher(text);
        if (named.matches()) {
            return new HazelcastAddress(named.group(1), port(named));
        }
        throw new IllegalArgumentException("expected HOST, HOST:PORT or [IPV6]:PORT");
    }

    private static OptionalInt port(Matcher matched) {
        return Optional.ofNullable(matched.group(2))
                .map(digits -> OptionalInt.of(checked(Integer.parseInt(digits))))
                .orElse(OptionalInt.empty());
    }

    private static int checked(int port) {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port is " + port + "; allowed is 1 to 65535");
        }
        return port;
    }

    /** As Hazelcast reads it. */
    @Override
    public String toString() {
        String shown = host.contains(":") ? "[" + host + "]" : host;
        return port.isPresent() ? shown + ":" + port.getAsInt() : shown;
    }
}
