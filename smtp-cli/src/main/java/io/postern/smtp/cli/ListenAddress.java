package io.postern.smtp.cli;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where to listen; {@code toString} is as it is written on the command line. */
sealed interface ListenAddress {

    String DEFAULT_HOST = "localhost";
    int DEFAULT_PORT = 8025;
    String UNIX = "unix:";

    /** @throws IllegalArgumentException when {@code text} is no address; the message is for the user */
    static ListenAddress parse(String text) {
        return text.startsWith(UNIX) ? Unix.of(text.substring(UNIX.length())) : Inet.parse(text);
    }

    /**
     * A Unix socket.
     *
     * @param path of its file
     */
    record Unix(String path) implements ListenAddress {

        private static Unix of(String path) {
            if (path.isEmpty()) {
                throw new IllegalArgumentException("expected a path behind unix:");
            }
            return new Unix(path);
        }

        @Override
        public String toString() {
            return UNIX + path;
        }
    }

    /**
     * A host and a port.
     *
     * @param host a name or an address without brackets
     * @param port 0 for a free one
     */
    record Inet(String host, int port) implements ListenAddress {

        private static final Pattern BRACKETED = Pattern.compile("\\[([^\\[\\]]+)](?::([0-9]{1,5}))?");
        private static final Pattern NAMED = Pattern.compile("([^:\\[\\]\\s]*)(?::([0-9]{1,5}))?");

        private static Inet parse(String text) {
            Matcher bracketed = BRACKETED.matcher(text);
            if (bracketed.matches()) {
                if (!NetUtil.isValidIpV6Address(bracketed.group(1))) {
                    throw new IllegalArgumentException("there is no IPv6 address between the brackets");
                }
                return new Inet(bracketed.group(1), port(bracketed.group(2)));
            }
            Matcher named = NAMED.matcher(text);
            if (!named.matches() || text.isEmpty()) {
                throw new IllegalArgumentException("expected HOST:PORT, HOST, :PORT, [IPV6]:PORT or unix:PATH");
            }
            if (named.group(1).matches("[0-9]+")) {
                throw new IllegalArgumentException("a port alone is written :" + named.group(1));
            }
            String host = named.group(1).isEmpty() ? DEFAULT_HOST : named.group(1);
            return new Inet(host, port(named.group(2)));
        }

        private static int port(@Nullable String digits) {
            int port = digits == null ? DEFAULT_PORT : Integer.parseInt(digits);
            if (port > 65_535) {
                throw new IllegalArgumentException("port is " + port + "; allowed is 0 to 65535");
            }
            return port;
        }

        /**
         * The hosts to listen on, one after the other. A client that connects to {@code localhost} may try the loopback
         * address of either family, so it stands for those that this machine has.
         */
        List<String> hosts() {
            if (!host.equalsIgnoreCase(DEFAULT_HOST)) {
                return List.of(host);
            }
            List<String> loopback =
                    Stream.of("127.0.0.1", "::1").filter(Inet::isOurs).toList();
            return loopback.isEmpty() ? List.of(host) : loopback;
        }

        private static boolean isOurs(String address) {
            try {
                return NetworkInterface.getByInetAddress(InetAddress.getByName(address)) != null;
            } catch (SocketException | UnknownHostException e) {
                return false;
            }
        }

        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }
}
