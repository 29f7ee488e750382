package io.postern.smtp.testkit;

import java.util.function.Consumer;

/** A handler that tells of the messages it accepts. */
public interface MessageSource {

    /**
     * Shows each message to someone who looks on: those so far, where they are kept, and those to come.
     *
     * @param observer called on the thread that took the message, an event loop, which it must not block, and for messages so
     *     far on the calling thread; it must not throw
     */
    void observe(Consumer<? super ReceivedMessage> observer);
}
