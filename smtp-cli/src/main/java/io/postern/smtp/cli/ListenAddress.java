package io.postern.smtp.cli;

import io.netty.util.NetUtil;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where to listen; {@code toString} is as it is written on the command line. */
sealed interface ListenAddress {

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
     * @param host as {@code SmtpServerOptions.setHost} takes it, an address without brackets
     * @param port 0 for a free one
     */
    record Inet(@Nullable String host, int port) implements ListenAddress {

        private static final Pattern BRACKETED = Pattern.compile("\\[([^\\[\\]]+)](?::([0-9]{1,5}))?");
        private static final Pattern NAMED = Pattern.compile("([^:\\[\\]\\s]*)(?::([0-9]{1,5}))?");

        /**
         * @param text with a port
         * @param host where there is none in {@code text}
         * @throws IllegalArgumentException when {@code text} is no address; the message is for the user
         */
        static Inet parse(String text, String host) {
            if (!text.matches(".*:[0-9]+") || text.startsWith(UNIX)) {
                throw new IllegalArgumentException("expected HOST:PORT, :PORT or [IPV6]:PORT");
            }
            Inet address = parse(text);
            return "".equals(address.host()) ? new Inet(host, address.port()) : address;
        }

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
            return new Inet(named.group(1), port(named.group(2)));
        }

        private static int port(@Nullable String digits) {
            int port = digits == null ? DEFAULT_PORT : Integer.parseInt(digits);
            if (port > 65_535) {
                throw new IllegalArgumentException("port is " + port + "; allowed is 0 to 65535");
            }
            return port;
        }

        @Override
        public String toString() {
            String name = host == null ? "" : host;
            return (name.contains(":") ? "[" + name + "]" : name) + ":" + port;
        }
    }
}
