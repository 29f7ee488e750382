package io.postern.smtp.cli;

import io.postern.smtp.handlers.eventbus.EventBusHandler;
import io.postern.smtp.handlers.eventbus.EventBusHandlerOptions;
import java.util.List;

/** The handler {@code eventbus}, which needs the Vertx that its consumers are to be found from. */
final class EventBusChoice {

    private EventBusChoice() {}

    /**
     * @param arguments where messages go, and where recipients are asked for if they are
     * @param clustered whether there will be other nodes
     * @throws IllegalArgumentException when that cannot work; the message is for the user
     */
    static ServingHandler.Source of(List<String> arguments, boolean clustered) {
        if (arguments.isEmpty() || arguments.size() > 2) {
            throw new IllegalArgumentException("handler eventbus takes an address of the event bus as its argument, and"
                    + " perhaps another one for questions about recipients");
        }
        if (!clustered) {
            throw new IllegalArgumentException(
                    "handler eventbus needs --cluster-host: in this process alone nobody can be there to consume");
        }
        EventBusHandlerOptions options = new EventBusHandlerOptions().setAddress(arguments.get(0));
        if (arguments.size() == 2) {
            options.setRecipientAddress(arguments.get(1));
        }
        return vertx -> ServingHandler.of(EventBusHandler.create(vertx, options));
    }
}
