package io.postern.smtp.handlers.trace;

import io.netty.util.NetUtil;
import io.vertx.core.net.SocketAddress;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Collectors;

/** Values as Python prints them, for those who read aiosmtpd's output with a program. */
public final class PythonText {

    private PythonText() {}

    /** {@code ('192.0.2.1', 50000)}, {@code ('2001:db8::1', 50000, 0, 0)}, or {@code ''} for a Unix socket. */
    public static String peer(SocketAddress peer) {
        InetAddress address =
                peer.isInetSocket() ? NetUtil.createInetAddressFromIpAddressString(peer.hostAddress()) : null;
        if (address == null) {
            return "''";
        }
        // the two behind the port of an IPv6 address are flow label and scope
        String rest = address instanceof Inet6Address ipv6 ? ", 0, " + ipv6.getScopeId() : "";
        return "('" + NetUtil.toAddressString(address) + "', " + peer.port() + rest + ")";
    }

    /** {@code ['SIZE=1000', 'BODY=8BITMIME']}. */
    public static String list(List<String> values) {
        return values.stream().map(PythonText::quoted).collect(Collectors.joining(", ", "[", "]"));
    }

    private static String quoted(String value) {
        String escaped = value.replace("\\", "\\\\");
        if (value.contains("'") && !value.contains("\"")) {
            return '"' + escaped + '"';
        }
        return "'" + escaped.replace("'", "\\'") + "'";
    }
}
