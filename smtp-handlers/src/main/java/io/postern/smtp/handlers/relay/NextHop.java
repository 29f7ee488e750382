package io.postern.smtp.handlers.relay;

import io.vertx.core.net.SocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a relay sends mail to, and which protocol is spoken there.
 *
 * @param address a host and a port, or the path of a Unix socket
 * @param lmtp whether it speaks LMTP (RFC 2033) rather than SMTP
 */
public record NextHop(SocketAddress address, boolean lmtp) {

    private static final String LMTP = "lmtp:";
    private static final String UNIX = "unix:";
    private static final Pattern INET = Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([^:\\[\\]\\s]+)):([0-9]{1,5})");

    /** A server of SMTP. */
    public static NextHop smtp(String host, int port) {
        return new NextHop(SocketAddress.inetSocketAddress(port, host), false);
    }

    /** A server of LMTP. */
    public static NextHop lmtp(String host, int port) {
        return new NextHop(SocketAddress.inetSocketAddress(port, host), true);
    }

    /**
     * Reads {@code HOST:PORT}, {@code [IPV6]:PORT} or {@code unix:PATH}, with {@code lmtp:} in front for a server of LMTP:
     * {@code lmtp:unix:/run/dovecot/lmtp}.
     *
     * @throws IllegalArgumentException when {@code text} is nothing of these
     */
    public static NextHop parse(String text) {
        boolean lmtp = text.startsWith(LMTP);
        String address = lmtp ? text.substring(LMTP.length()) : text;
        if (address.startsWith(UNIX) && address.length() > UNIX.length()) {
            return new NextHop(SocketAddress.domainSocketAddress(address.substring(UNIX.length())), lmtp);
        }
        Matcher inet = INET.matcher(address);
        if (!inet.matches()) {
            throw malformed(text);
        }
        int port = Integer.parseInt(inet.group(3));
        if (port < 1 || port > 65_535) {
            throw malformed(text);
        }
        String host = inet.group(1) == null ? inet.group(2) : inet.group(1);
        return new NextHop(SocketAddress.inetSocketAddress(port, host), lmtp);
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException("nextHop is \"" + text
                + "\"; allowed is HOST:PORT, [IPV6]:PORT or unix:PATH, with lmtp: in front for LMTP");
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        String protocol = lmtp ? LMTP : "";
        if (address.isDomainSocket()) {
            return protocol + UNIX + address.path();
        }
        String host = address.host();
        return protocol + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.port();
    }
}
