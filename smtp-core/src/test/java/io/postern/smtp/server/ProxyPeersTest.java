package io.postern.smtp.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.postern.smtp.SmtpServerOptions;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyPeersTest {

    @ParameterizedTest
    @CsvSource({
        "192.0.2.0/24, 192.0.2.0, true",
        "192.0.2.0/24, 192.0.2.255, true",
        "192.0.2.0/24, 192.0.3.0, false",
        "192.0.2.0/24, 192.0.1.255, false",
        "192.0.2.7/24, 192.0.2.200, true",
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7, 192.0.2.8, false",
        "192.0.2.7/32, 192.0.2.7, true",
        "192.0.2.7/31, 192.0.2.6, true",
        "192.0.2.7/31, 192.0.2.8, false",
        "128.0.0.0/1, 192.0.2.8, true",
        "128.0.0.0/1, 127.255.255.255, false",
        "0.0.0.0/0, 192.0.2.8, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "2001:db8::1, 2001:db8::1, true",
        "2001:db8::1, 2001:db8::2, false",
        "2001:db8::/32, 32.1.13.184, false",
        "::/0, 2001:db8::1, true",
        "::/0, 192.0.2.1, false",
        "::1/128, ::1, true",
        "192.0.2.0/24, ::ffff:192.0.2.9, true",
        "::ffff:192.0.2.0/120, 192.0.2.9, true",
        "::ffff:192.0.2.0/120, 192.0.3.9, false",
    })
    void aPeerIsBelievedWhenItsAddressIsInTheNetwork(String network, String peer, boolean believed) {
        assertThat(new ProxyPeers(List.of(network)).contains(SocketAddress.inetSocketAddress(4711, peer)))
                .isEqualTo(believed);
        assertThat(new ProxyPeers(List.of("198.51.100.1", network))
                        .contains(SocketAddress.inetSocketAddress(4711, peer)))
                .isEqualTo(believed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "192.0.2.0/",
                "/24",
                "192.0.2.0/33",
                "192.0.2.0/-1",
                "192.0.2.0/+1",
                "192.0.2.0/x",
                "192.0.2.0/1/1",
                "192.0.2",
                "192.0.2.256",
                "2001:db8::/129",
                "2001:db8::/1000",
                "::ffff:192.0.2.0/24",
                "localhost",
                "*"
            })
    void whatIsNoNetworkIsRefusedByItsName(String network) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ProxyPeers(List.of("192.0.2.1", network)))
                .withMessageContaining("proxyFrom has \"" + network + "\"");
    }

    @Test
    void nobodyIsBelievedWhereNobodyIsListed() {
        assertThat(new ProxyPeers(List.of()).contains(SocketAddress.inetSocketAddress(1, "127.0.0.1")))
                .isFalse();
    }

    @Test
    void aPeerWithoutAnAddressIsNotBelieved() {
        assertThat(new ProxyPeers(List.of("0.0.0.0/0", "::/0"))
                        .contains(SocketAddress.inetSocketAddress(1, "proxy.example")))
                .isFalse();
    }

    @Test
    void whoMayConnectToAUnixSocketIsBelieved() {
        assertThat(new ProxyPeers(List.of()).contains(SocketAddress.domainSocketAddress("/run/postern.socket")))
                .isTrue();
    }

    @Test
    void byDefaultTheProxiesOfTheMachineItselfAreBelieved() {
        ProxyPeers peers = new ProxyPeers(SmtpServerOptions.DEFAULT_PROXY_FROM);
        assertThat(peers.contains(SocketAddress.inetSocketAddress(1, "127.9.9.9")))
                .isTrue();
        assertThat(peers.contains(SocketAddress.inetSocketAddress(1, "::1"))).isTrue();
        assertThat(peers.contains(SocketAddress.inetSocketAddress(1, "192.0.2.1")))
                .isFalse();
    }

    @Test
    void theDecoderOfTheHeaderIsThere() {
        assertThat(ProxyPeers.isDecoderPresent()).isTrue();
    }
}
