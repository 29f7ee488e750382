package io.postern.smtp.server;

import io.netty.util.NetUtil;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The addresses that a server binds for the host of its options, see {@code SmtpServerOptions.setHost}. */
final class HostAddresses {

    private static final String LOCALHOST = "localhost";
    private static final String LOOPBACK = "127.0.0.1";
    private static final String LOOPBACK_V6 = "::1";
    private static final String ANY = "0.0.0.0";
    private static final String ANY_V6 = "::";

    /** What the machine has and knows. Asking it blocks. */
    interface Machine {

        /** Whether a server may listen on this address. */
        boolean hasAddress(String address);

        /** All addresses of a name. */
        List<String> resolve(String name) throws UnknownHostException;
    }

    private HostAddresses() {}

    /** The addresses for a host, none twice; asks the machine and its resolver off the event loop. */
    static Future<List<String>> of(Vertx vertx, Optional<String> host) {
        return vertx.executeBlocking(() -> of(host, new ThisMachine()), false).map(Objects::requireNonNull);
    }

    static List<String> of(Optional<String> host, Machine machine) throws UnknownHostException {
        if (host.isEmpty()) {
            return List.of(machine.hasAddress(LOOPBACK_V6) ? LOOPBACK_V6 : LOOPBACK);
        }
        String name = host.get();
        if (name.isEmpty()) {
            // the sockets of the JDK and of Netty take both families on the IPv6 address, whatever the system's default
            return List.of(machine.hasAddress(ANY_V6) ? ANY_V6 : ANY);
        }
        if (name.equalsIgnoreCase(LOCALHOST)) {
            List<String> both =
                    Stream.of(LOOPBACK, LOOPBACK_V6).filter(machine::hasAddress).toList();
            return both.isEmpty() ? List.of(LOOPBACK) : both; // to bind it says what is wrong
        }
        if (NetUtil.isValidIpV4Address(name) || NetUtil.isValidIpV6Address(name)) {
            return List.of(name);
        }
        return machine.resolve(name).stream().distinct().toList();
    }

    private static final class ThisMachine implements Machine {

        @Override
        public boolean hasAddress(String address) {
            try (ServerSocketChannel probe = ServerSocketChannel.open()) {
                probe.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
                return true;
            } catch (IOException | UnsupportedAddressTypeException e) {
                return false;
            }
        }

        @Override
        public List<String> resolve(String name) throws UnknownHostException {
            try {
                return Arrays.stream(InetAddress.getAllByName(name))
                        .map(InetAddress::getHostAddress)
                        .toList();
            } catch (UnknownHostException e) {
                UnknownHostException named = new UnknownHostException("host \"" + name + "\" has no address");
                named.initCause(e);
                throw named;
            }
        }
    }
}
