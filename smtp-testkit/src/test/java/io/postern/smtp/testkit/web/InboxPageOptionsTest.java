package io.postern.smtp.testkit.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InboxPageOptionsTest {

    @Test
    void everyPropertyGoesToJsonAndBack() {
        InboxPageOptions options = new InboxPageOptions()
                .setHost("::1")
                .setPort(1234)
                .setHostNames(List.of("mail", "inbox.example.org"))
                .setMaxMessages(7)
                .setMaxBytes(5_000_000_000L)
                .setDirectory("/var/inbox");

        JsonObject json = options.toJson();

        assertThat(json.fieldNames())
                .containsExactlyInAnyOrder("host", "port", "hostNames", "maxMessages", "maxBytes", "directory");
        assertThat(new InboxPageOptions(new JsonObject(json.encode()))).isEqualTo(options);
        assertThat(new InboxPageOptions(options)).isEqualTo(options).hasSameHashCodeAs(options);
        assertThat(new InboxPageOptions()).isNotEqualTo(options);
    }

    @Test
    void byDefaultOnlyThisMachineCanLook() {
        assertThat(new InboxPageOptions().getHost()).isEqualTo("127.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"port\": 65536}",
                "{\"port\": -1}",
                "{\"port\": \"80\"}",
                "{\"host\": \" \"}",
                "{\"hostNames\": \"mail\"}",
                "{\"hostNames\": [\"mail:80\"]}",
                "{\"maxMessages\": 0}",
                "{\"maxMessages\": 99999999999}",
                "{\"maxBytes\": 0}",
                "{\"directory\": \"\"}",
                "{\"directory\": 1}"
            })
    void whatCannotBeIsRefusedByName(String json) {
        JsonObject object = new JsonObject(json);
        String property = object.fieldNames().iterator().next();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new InboxPageOptions(object))
                .withMessageContaining(property);
    }

    @Test
    void anUnknownPropertyIsRefusedWithThoseThatAreKnown() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new InboxPageOptions(new JsonObject().put("ports", new JsonArray())))
                .withMessageContaining("ports")
                .withMessageContaining("maxMessages");
    }
}
