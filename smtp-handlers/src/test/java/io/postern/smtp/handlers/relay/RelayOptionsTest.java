package io.postern.smtp.handlers.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RelayOptionsTest {

    /** A value for every property that is not its default. */
    private static JsonObject everything() {
        return new JsonObject()
                .put("nextHop", "lmtp:unix:/run/lmtp")
                .put("heloName", "relay.example.org")
                .put("startTls", "REQUIRED")
                .put("implicitTls", true)
                .put("tlsName", "mail.example.org")
                .put("verifyHostName", false)
                .put("trustedCertificates", new JsonArray().add("ca.pem"))
                .put("clientCertificate", "cert.pem")
                .put("clientKey", "key.pem")
                .put("userName", "relay")
                .put("password", "secret")
                .put("authMechanisms", new JsonArray().add("PLAIN"))
                .put("plainWithoutTls", true)
                .put("chunking", false)
                .put("maxConnections", 1)
                .put("maxWaiting", 2)
                .put("maxMessagesPerConnection", 3)
                .put("idleTimeout", 4)
                .put("acquireTimeout", 5)
                .put("connectTimeout", 6)
                .put("greetingTimeout", 7)
                .put("commandTimeout", 8)
                .put("dataTimeout", 9)
                .put("messageTimeout", 10)
                .put("maxReceived", 11)
                .put("received", false)
                .put("peerField", false);
    }

    @Test
    void everyPropertyHasAJsonForm() {
        JsonObject json = everything();
        long setters = Arrays.stream(RelayOptions.class.getMethods())
                .map(Method::getName)
                .filter(name -> name.startsWith("set"))
                .count();
        assertThat(json.size()).isEqualTo((int) setters);
        JsonObject read = new JsonObject(new RelayOptions(json).toJson().encode());
        json.forEach(property -> assertThat(read.getValue(property.getKey()).toString())
                .as(property.getKey())
                .isEqualTo(property.getValue().toString()));
        JsonObject defaults = new RelayOptions().toJson();
        json.forEach(property -> assertThat(defaults.getValue(property.getKey()))
                .as(property.getKey())
                .isNotEqualTo(property.getValue()));
    }

    @Test
    void aCopyHasEveryProperty() {
        assertThat(new RelayOptions(new RelayOptions(everything())).toJson().encode())
                .isEqualTo(new RelayOptions(everything()).toJson().encode());
    }

    private static Stream<Arguments> wrong() {
        return Stream.of(
                Arguments.of("nextHop", "nowhere"),
                Arguments.of("heloName", "a\r\nMAIL FROM:<x@y.example>"),
                Arguments.of("startTls", "perhaps"),
                Arguments.of("userName", ""),
                Arguments.of("password", ""),
                Arguments.of("authMechanisms", new JsonArray()),
                Arguments.of("authMechanisms", new JsonArray().add("LOGIN")),
                Arguments.of("maxConnections", 0),
                Arguments.of("maxConnections", "many"),
                Arguments.of("maxWaiting", -1),
                Arguments.of("maxMessagesPerConnection", 0),
                Arguments.of("idleTimeout", 0),
                Arguments.of("commandTimeout", -1),
                Arguments.of("messageTimeout", Duration.ofDays(25).toMillis()),
                Arguments.of("maxReceived", 0),
                Arguments.of("chunking", 1),
                Arguments.of("noSuchProperty", 1));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void whatMakesNoSenseIsRefusedByItsName(String property, Object value) {
        JsonObject json = new JsonObject().put(property, value);
        assertThatThrownBy(() -> new RelayOptions(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(property)
                .hasMessageContaining("allowed");
    }

    @Test
    void aPasswordIsNotRepeatedInAComplaint() {
        assertThatThrownBy(() -> new RelayOptions(new JsonObject().put("password", new JsonArray().add("geheim"))))
                .hasMessageContaining("password")
                .hasMessageNotContaining("geheim");
        assertThatThrownBy(() -> new RelayOptions().setPassword("geheim\0"))
                .hasMessageContaining("password")
                .hasMessageNotContaining("geheim");
    }

    @Test
    void whatDoesNotFitTogetherIsRefused() throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            NextHop unix = NextHop.parse("unix:/run/smtp");
            assertThatThrownBy(() -> RelayClient.create(vertx, new RelayOptions()))
                    .hasMessageContaining("nextHop");
            assertThatThrownBy(() -> RelayClient.create(vertx, new RelayOptions(unix).setUserName("a")))
                    .hasMessageContaining("password");
            assertThatThrownBy(() -> RelayClient.create(vertx, new RelayOptions(unix).setClientKey("a")))
                    .hasMessageContaining("clientCertificate");
            assertThatThrownBy(() ->
                            RelayClient.create(vertx, new RelayOptions(unix).setStartTls(StartTlsPolicy.REQUIRED)))
                    .hasMessageContaining("tlsName");
        } finally {
            vertx.close().await();
        }
    }
}
