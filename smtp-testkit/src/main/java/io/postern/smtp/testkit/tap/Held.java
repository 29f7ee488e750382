package io.postern.smtp.testkit.tap;

import io.postern.smtp.Reply;
import java.time.Duration;

/** A session that waits for a fault to happen. On the event loop of its connection. */
interface Held {

    /** The fault is no more, and the session goes on. May be called on any thread. */
    void release();

    /** Nothing more is read until the session goes on. */
    void pause();

    /** The step is taken, or the message goes on. */
    void goOn();

    /** A reply takes the place of the step, or is the answer to the message. */
    void answer(Reply reply);

    /** The session ends with a reply, now. */
    void terminate(Reply reply);

    /** The connection has been cut: nothing that the session still says is heard. */
    void cut();

    /** What the fault goes by. */
    Time time();

    /** The octets of the connection. */
    WireFilter wire();

    /** Runs a task later, unless the fault is removed before. */
    void after(Duration delay, Runnable task);
}
