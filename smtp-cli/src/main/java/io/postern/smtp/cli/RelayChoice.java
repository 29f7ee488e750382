package io.postern.smtp.cli;

import io.postern.smtp.handlers.relay.NextHop;
import io.postern.smtp.handlers.relay.RelayHandler;
import io.postern.smtp.handlers.relay.RelayOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** {@code relay ADDR [FILE]}: what becomes of messages is up to the next hop. */
final class RelayChoice {

    private RelayChoice() {}

    /**
     * @param arguments the next hop, and a file with options as JSON
     * @throws IllegalArgumentException when they are wrong; the message is for the user
     */
    static ServingHandler.Source of(List<String> arguments) {
        if (arguments.isEmpty() || arguments.size() > 2) {
            throw new IllegalArgumentException("handler relay takes the next hop and perhaps a file with options");
        }
        RelayOptions options = arguments.size() == 1 ? new RelayOptions() : read(Path.of(arguments.get(1)));
        options.setNextHop(NextHop.parse(arguments.get(0)));
        return vertx -> {
            RelayHandler handler = new RelayHandler(vertx, options);
            return ServingHandler.of(handler, handler::close);
        };
    }

    private static RelayOptions read(Path file) {
        try {
            return new RelayOptions(new JsonObject(Files.readString(file)));
        } catch (NoSuchFileException e) {
            throw new StartFailure("no such file: " + file);
        } catch (IOException e) {
            throw new StartFailure("cannot read " + file, e);
        } catch (DecodeException e) {
            // its message shows the text, in which there may be a password
            throw new IllegalArgumentException(file + " is no JSON object", e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }
}
