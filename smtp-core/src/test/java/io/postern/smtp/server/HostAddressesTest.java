package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostAddressesTest {

    private static final Set<String> IPV4 = Set.of("127.0.0.1", "0.0.0.0");
    private static final Set<String> IPV6 = Set.of("::1", "::");
    private static final Set<String> BOTH = Set.of("127.0.0.1", "0.0.0.0", "::1", "::");

    /** A machine with some addresses, on which one name is known. */
    private record Machine(Set<String> own) implements HostAddresses.Machine {

        @Override
        public boolean hasAddress(String address) {
            return own.contains(address);
        }

        @Override
        public List<String> resolve(String name) throws UnknownHostException {
            if (!name.equals("mx.example")) {
                throw new UnknownHostException(name);
            }
            return List.of("192.0.2.1", "2001:db8::1", "192.0.2.1");
        }
    }

    private static List<String> of(String host, Set<String> own) throws UnknownHostException {
        return HostAddresses.of(Optional.ofNullable(host), new Machine(own));
    }

    @Test
    void noHostIsTheLoopbackAddressOfIpv6OrElseThatOfIpv4() throws Exception {
        assertThat(of(null, BOTH)).containsExactly("::1");
        assertThat(of(null, IPV6)).containsExactly("::1");
        assertThat(of(null, IPV4)).containsExactly("127.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LocalHost"})
    void localhostIsTheLoopbackOfEachFamilyThatTheMachineHas(String localhost) throws Exception {
        assertThat(of(localhost, BOTH)).containsExactly("127.0.0.1", "::1");
        assertThat(of(localhost, IPV6)).containsExactly("::1");
        assertThat(of(localhost, IPV4)).containsExactly("127.0.0.1");
        assertThat(of(localhost, Set.of())).containsExactly("127.0.0.1");
    }

    @Test
    void theEmptyHostIsEveryInterfaceOfEachFamilyThatTheMachineHas() throws Exception {
        assertThat(of("", BOTH)).containsExactly("::");
        assertThat(of("", IPV4)).containsExactly("0.0.0.0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "0.0.0.0", "::", "::1", "192.0.2.7", "2001:db8::7", "fe80::1%eth0"})
    void anAddressIsItself(String literal) throws Exception {
        assertThat(of(literal, BOTH)).containsExactly(literal);
        assertThat(of(literal, Set.of())).containsExactly(literal);
    }

    @Test
    void aNameIsEveryAddressOfItOnce() throws Exception {
        assertThat(of("mx.example", BOTH)).containsExactly("192.0.2.1", "2001:db8::1");
        assertThatThrownBy(() -> of("other.example", BOTH)).isInstanceOf(UnknownHostException.class);
    }
}
