package io.postern.smtp.benchmarks.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerTest {

    @Test
    void aPeerIsANameAndACommandWithPlacesForWhatItIsGiven() {
        Peer peer = Peer.parse("node=node sink.js --port={port}  {cert} {key}");
        assertThat(peer.title()).isEqualTo("node");
        assertThat(peer.command(2525, "/c d/cert.pem", "/c d/key.pem"))
                .containsExactly("node", "sink.js", "--port=2525", "/c d/cert.pem", "/c d/key.pem");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "node", "=node {port}", "node=node sink.js", "{port}=node"})
    void anArgumentThatIsNoPeerIsRefused(String argument) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Peer.parse(argument))
                .withMessageContaining("NAME=COMMAND");
    }
}
