package io.postern.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.JksOptions;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.PfxOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SmtpServerOptionsTest {

    /** Every setter of the class, so that a property that is forgotten somewhere fails here. */
    static Stream<Method> setters() {
        return Arrays.stream(SmtpServerOptions.class.getMethods())
                .filter(method -> method.getName().startsWith("set"));
    }

    private static String property(Method setter) {
        return setter.getName().substring(3, 4).toLowerCase(Locale.ROOT)
                + setter.getName().substring(4);
    }

    private static Object get(SmtpServerOptions options, Method setter) throws ReflectiveOperationException {
        boolean flag = setter.getParameterTypes()[0] == boolean.class;
        String name = (flag ? "is" : "get") + setter.getName().substring(3);
        Object value = SmtpServerOptions.class.getMethod(name).invoke(options);
        Object content = value instanceof Optional<?> optional ? optional.orElse(null) : value;
        if (content instanceof NetServerOptions net) {
            return net.toJson();
        }
        return content instanceof ServerSSLOptions tls ? TlsOptionsJson.write(tls) : content;
    }

    /** A value that is allowed and not the default. */
    private static Object other(Method setter, SmtpServerOptions defaults) throws ReflectiveOperationException {
        Class<?> type = setter.getParameterTypes()[0];
        Object value = get(defaults, setter);
        if (type == boolean.class) {
            return !(Boolean) value;
        } else if (type == int.class) {
            return (Integer) value + 1;
        } else if (type == long.class) {
            return (Long) value + (1L << 40);
        } else if (type == Duration.class) {
            return ((Duration) value).plusMillis(1);
        } else if (type == String.class) {
            return setter.getName().equals("setUnixSocketPermissions") ? "rw-------" : "other.example";
        } else if (type == NetServerOptions.class) {
            return new NetServerOptions().setAcceptBacklog(7).setReusePort(true);
        } else if (type == ServerSSLOptions.class) {
            return new ServerSSLOptions()
                    .setSni(true)
                    .setKeyCertOptions(
                            new PemKeyCertOptions().addKeyPath("key.pem").addCertPath("certificate.pem"));
        } else if (type == List.class) {
            return List.of("192.0.2.0/24", "2001:db8::1");
        } else if (type == Set.class) {
            return Set.of("LOGIN", "PLAIN");
        } else if (type == Map.class) {
            return Map.of("NOOP", 5, "*", 100);
        } else if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants())
                    .filter(constant -> !constant.equals(value))
                    .findFirst()
                    .orElseThrow();
        }
        throw new AssertionError("no other value of " + type + "; teach this test one");
    }

    private static SmtpServerOptions with(Method setter) throws ReflectiveOperationException {
        SmtpServerOptions options = new SmtpServerOptions();
        assertThat(setter.invoke(options, other(setter, options))).isSameAs(options);
        return options;
    }

    @Test
    void thereAreAsManyPropertiesInJsonAsSetters() {
        SmtpServerOptions options = new SmtpServerOptions()
                .setHostName("mx.example")
                .setUnixSocket("/run/postern.socket")
                .setTls(new ServerSSLOptions());
        assertThat(options.toJson().fieldNames())
                .containsExactlyInAnyOrderElementsOf(
                        setters().map(SmtpServerOptionsTest::property).toList());
    }

    @ParameterizedTest
    @MethodSource("setters")
    void aPropertyComesBackFromJsonTextAndFromACopy(Method setter) throws ReflectiveOperationException {
        SmtpServerOptions options = with(setter);
        Object set = get(options, setter);
        assertThat(set).isNotEqualTo(get(new SmtpServerOptions(), setter));

        SmtpServerOptions read =
                new SmtpServerOptions(new JsonObject(options.toJson().encode()));
        assertThat(get(read, setter)).isEqualTo(set);
        assertThat(read.toJson()).isEqualTo(options.toJson());
        assertThat(get(new SmtpServerOptions(options), setter)).isEqualTo(set);
        assertThat(new SmtpServerOptions(options).toJson()).isEqualTo(options.toJson());

        JsonObject alone =
                new JsonObject().put(property(setter), options.toJson().getValue(property(setter)));
        assertThat(get(new SmtpServerOptions().merge(alone), setter)).isEqualTo(set);
    }

    @ParameterizedTest
    @MethodSource("setters")
    void aValueOfTheWrongTypeIsRefusedWithTheNameOfTheProperty(Method setter) {
        Object array = new JsonArray().add(new JsonArray());
        for (Object wrong : setter.getName().equals("setHost") ? new Object[] {array} : new Object[] {array, null}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new SmtpServerOptions(new JsonObject().put(property(setter), wrong)))
                    .withMessageContaining(property(setter));
        }
    }

    @Test
    void anUnknownPropertyIsRefusedWithItsName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SmtpServerOptions(new JsonObject().put("hostname", "mx.example")))
                .withMessageContaining("\"hostname\"")
                .withMessageContaining("hostName");
    }

    @ParameterizedTest
    @CsvSource({
        "port, 1.5",
        "port, 65536",
        "port, 4294967296",
        "maxRecipients, 0",
        "maxRecipients, 0.5",
        "maxErrors, 0",
        "maxUnknownCommands, -1",
        "commandSizeLimit, 511",
        "lineLengthLimit, -1",
        "localPartLimit, -1",
        "dataSizeLimit, -1",
        "dataSizeLimit, 1.5",
        "dataSizeLimit, 1e30",
        "timeout, -1",
        "timeout, 0.5",
        "timeout, 1e30",
        "timeout, 9e17",
        "handlerTimeout, -1",
        "shutdownGrace, -1",
        "maxHeaderSize, -1",
        "maxHops, -1",
        "maxMessages, -1",
        "commandCallLimit, 0",
        "commandCallLimit, 1.5",
        "maxConnections, -1",
        "maxConnectionsPerIp, -1",
        "dataTimeout, -1",
        "minDataRate, -1",
        "greetingDelay, -1",
        "proxyProtocolTimeout, 0",
        "maxAuthFailures, 0",
        "authFailureDelay, -1",
    })
    void aNumberThatMakesNoSenseIsRefusedWithTheNameOfTheProperty(String property, String number) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SmtpServerOptions(new JsonObject("{\"" + property + "\":" + number + "}")))
                .withMessageContaining(property);
    }

    @ParameterizedTest
    @CsvSource({
        "hostName, ''",
        "hostName, a b",
        "hostName, é",
        "ident, é",
        "bareNewlines, SOMETIMES",
        "unixSocketPermissions, 660"
    })
    void aTextThatMakesNoSenseIsRefusedWithTheNameOfTheProperty(String property, String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SmtpServerOptions(new JsonObject().put(property, text)))
                .withMessageContaining(property);
    }

    @Test
    void aHostOfNullIsNotTheDefaultAndComesBackFromJsonText() {
        SmtpServerOptions options = new SmtpServerOptions().setHost(null);
        assertThat(options.getHost()).isEmpty();
        assertThat(new SmtpServerOptions().getHost()).contains("localhost");
        assertThat(new SmtpServerOptions(options).getHost()).isEmpty();
        assertThat(new SmtpServerOptions(new JsonObject(options.toJson().encode())).getHost())
                .isEmpty();
        assertThat(new SmtpServerOptions(new JsonObject()).getHost()).contains("localhost");
    }

    @Test
    void oneNumberLimitsTheCallsOfEveryCommand() {
        assertThat(new SmtpServerOptions(new JsonObject().put("commandCallLimit", 20)).getCommandCallLimit())
                .containsExactly(Map.entry("*", 20));
    }

    @Test
    void commandsAndMechanismsAreNamedInAnyCase() {
        SmtpServerOptions options = new SmtpServerOptions()
                .setCommandCallLimit(Map.of("noop", 5))
                .setAuthExcludeMechanisms(Set.of("login"));
        assertThat(options.getCommandCallLimit()).containsOnlyKeys("NOOP");
        assertThat(options.getAuthExcludeMechanisms()).containsExactly("LOGIN");
    }

    static Stream<ServerSSLOptions> keys() {
        PfxOptions pfx = new PfxOptions().setPath("keys.p12").setPassword("secret");
        JksOptions jks = new JksOptions().setPath("keys.jks").setPassword("secret");
        PemKeyCertOptions pem = new PemKeyCertOptions().addKeyPath("key.pem").addCertPath("certificate.pem");
        PemTrustOptions pemTrust = new PemTrustOptions().addCertPath("ca.pem");
        return Stream.of(
                new ServerSSLOptions().setKeyCertOptions(pem).setTrustOptions(pemTrust),
                new ServerSSLOptions().setKeyCertOptions(pfx).setTrustOptions(jks),
                new ServerSSLOptions().setKeyCertOptions(jks).setTrustOptions(pfx));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void keysAndTrustedCertificatesComeBackFromJsonText(ServerSSLOptions tls) {
        SmtpServerOptions options = new SmtpServerOptions().setTls(tls);
        ServerSSLOptions read = new SmtpServerOptions(
                        new JsonObject(options.toJson().encode()))
                .getTls()
                .orElseThrow();
        assertThat(read.getKeyCertOptions())
                .hasSameClassAs(tls.getKeyCertOptions())
                .isEqualTo(tls.getKeyCertOptions());
        assertThat(read.getTrustOptions()).hasSameClassAs(tls.getTrustOptions()).isEqualTo(tls.getTrustOptions());
        assertThat(options.toString()).doesNotContain("secret").contains("dataSizeLimit");
    }

    @Test
    void wholeNumbersMayBeOfAnyNumberType() {
        assertThat(new SmtpServerOptions(new JsonObject("{\"dataSizeLimit\":1e6,\"port\":25.0}")).getDataSizeLimit())
                .isEqualTo(1_000_000);
        assertThat(new SmtpServerOptions(new JsonObject().put("port", 25L)).getPort())
                .isEqualTo(25);
    }

    @Test
    void aDurationOfLessThanAMillisecondIsNotNone() {
        SmtpServerOptions options = new SmtpServerOptions().setTimeout(Duration.ofNanos(1));
        assertThat(new SmtpServerOptions(options.toJson()).getTimeout()).isEqualTo(Duration.ofMillis(1));
    }

    @Test
    void aPartOfTheSocketOptionsLeavesTheOthersAsTheyAre() {
        JsonObject json = new JsonObject().put("net", new JsonObject().put("receiveBufferSize", 4_096));
        NetServerOptions net = new SmtpServerOptions(json).getNet();
        assertThat(net.getReceiveBufferSize()).isEqualTo(4_096);
        assertThat(net.getAcceptBacklog()).isEqualTo(SmtpServerOptions.DEFAULT_ACCEPT_BACKLOG);
    }

    @Test
    void theCopyHasSocketOptionsOfItsOwn() {
        SmtpServerOptions options = new SmtpServerOptions();
        SmtpServerOptions copy = new SmtpServerOptions(options);
        options.getNet().setAcceptBacklog(3);
        assertThat(copy.getNet().getAcceptBacklog()).isEqualTo(SmtpServerOptions.DEFAULT_ACCEPT_BACKLOG);
    }

    @Test
    void theDefaultsAreThoseOfTheRfc() {
        SmtpServerOptions options = new SmtpServerOptions();
        assertThat(options.getHostName()).isEmpty();
        assertThat(options.getCommandSizeLimit()).isEqualTo(512);
        assertThat(options.getLineLengthLimit()).isEqualTo(1_000);
        assertThat(options.getMaxRecipients()).isEqualTo(1_000);
        assertThat(options.getTimeout()).isEqualTo(Duration.ofMinutes(5));
        assertThat(options.getBareNewlines()).isEqualTo(BareNewlines.REJECT);
        assertThat(options.isSmtpUtf8()).isTrue();
    }
}
