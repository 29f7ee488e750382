package io.postern.smtp.handlers.eventbus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EventBusOptionsTest {

    private static final EventBusHandlerOptions HANDLER = new EventBusHandlerOptions()
            .setAddress("mail")
            .setRecipientAddress("recipients")
            .setTimeout(Duration.ofSeconds(3))
            .setAnswerTimeout(Duration.ofSeconds(4))
            .setChunkSize(2_048)
            .setMaxBytesHeld(1_000_000);
    private static final EventBusConsumerOptions CONSUMER =
            new EventBusConsumerOptions().setAddress("mail").setMaxMessages(7);

    @Test
    void everyPropertyGoesToJsonAndBack() {
        assertThat(new EventBusHandlerOptions(HANDLER.toJson()))
                .isEqualTo(HANDLER)
                .hasSameHashCodeAs(HANDLER);
        assertThat(HANDLER.toJson())
                .isEqualTo(new JsonObject()
                        .put("address", "mail")
                        .put("recipientAddress", "recipients")
                        .put("timeout", 3_000)
                        .put("answerTimeout", 4_000)
                        .put("chunkSize", 2_048)
                        .put("maxBytesHeld", 1_000_000));
        assertThat(new EventBusConsumerOptions(CONSUMER.toJson()))
                .isEqualTo(CONSUMER)
                .hasSameHashCodeAs(CONSUMER);
        assertThat(CONSUMER.toJson())
                .isEqualTo(new JsonObject().put("address", "mail").put("maxMessages", 7));
    }

    @Test
    void everyPropertyIsCopied() {
        assertThat(new EventBusHandlerOptions(HANDLER)).isEqualTo(HANDLER);
        assertThat(new EventBusConsumerOptions(CONSUMER)).isEqualTo(CONSUMER);
    }

    @Test
    void defaultsHaveNoAddressAndSurviveJson() {
        assertThat(new EventBusHandlerOptions(new EventBusHandlerOptions().toJson()))
                .isEqualTo(new EventBusHandlerOptions());
        assertThat(new EventBusConsumerOptions(new EventBusConsumerOptions().toJson()))
                .isEqualTo(new EventBusConsumerOptions());
    }

    @Test
    void aValueThatMakesNoSenseIsRefusedByName() {
        EventBusHandlerOptions options = new EventBusHandlerOptions();
        assertThatThrownBy(() -> options.setAddress(" ")).hasMessageStartingWith("address is \" \"");
        assertThatThrownBy(() -> options.setRecipientAddress("")).hasMessageStartingWith("recipientAddress is \"\"");
        assertThatThrownBy(() -> options.setTimeout(Duration.ofMillis(99)))
                .hasMessage("timeout is PT0.099S; allowed is PT0.1S to PT1H");
        assertThatThrownBy(() -> options.setAnswerTimeout(Duration.ofHours(2)))
                .hasMessage("answerTimeout is PT2H; allowed is PT0.1S to PT1H");
        assertThatThrownBy(() -> options.setChunkSize(1_023))
                .hasMessage("chunkSize is 1023; allowed is 1024 to 1048576");
        assertThatThrownBy(() -> options.setMaxBytesHeld(0)).hasMessageStartingWith("maxBytesHeld is 0");
        assertThatThrownBy(() -> new EventBusConsumerOptions().setMaxMessages(0))
                .hasMessageStartingWith("maxMessages is 0");
    }

    @Test
    void whatIsWrongInJsonIsToldByName() {
        assertThatThrownBy(() -> new EventBusHandlerOptions(new JsonObject().put("adress", "mail")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("\"adress\" is no option of the event bus handler");
        assertThatThrownBy(() -> new EventBusHandlerOptions(new JsonObject().put("address", 5)))
                .hasMessage("address is 5; expected is a string");
        assertThatThrownBy(() -> new EventBusHandlerOptions(new JsonObject().put("chunkSize", 5_000_000_000L)))
                .hasMessageStartingWith("chunkSize is 5000000000");
        assertThatThrownBy(() -> new EventBusConsumerOptions(new JsonObject().put("maxMessages", 1.5)))
                .hasMessage("maxMessages is 1.5; expected is a whole number");
    }

    @Test
    void anAddressIsNeeded() {
        Vertx vertx = Vertx.vertx();
        try {
            assertThatThrownBy(() -> EventBusHandler.create(vertx, new EventBusHandlerOptions()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("address is not set");
            assertThatThrownBy(() -> EventBusConsumer.register(vertx, new EventBusConsumerOptions(), (e, b) -> null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("address is not set");
        } finally {
            vertx.close();
        }
    }
}
