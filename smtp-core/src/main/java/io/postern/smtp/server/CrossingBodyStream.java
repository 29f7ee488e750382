package io.postern.smtp.server;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/**
 * A body whose handler does not run on the event loop of its connection. The connection hands over on the event loop,
 * everything else happens on the context of the handler. What is on its way counts as waiting: while there is any, no more
 * is read from the network.
 */
final class CrossingBodyStream extends BodyStream {

    private final Context context;
    private final AtomicInteger underWay = new AtomicInteger();
    /** What {@link BodyStream#wantsMore()} said last on the context of the handler. */
    private volatile boolean wanted;
    /** How many octets no longer waited then. */
    private volatile long passed;

    private long offered;

    /**
     * @param context where its handlers are called
     * @param onDemand called on that context when the handler wants more
     * @param onFault called on that context when one of its handlers throws
     */
    CrossingBodyStream(Context context, Runnable onDemand, BiConsumer<BodyStream, Throwable> onFault) {
        super(context, onDemand, onFault);
        this.context = context;
    }

    @Override
    boolean wantsMore() {
        return wanted && underWay.get() == 0;
    }

    @Override
    long octetsReceived() {
        return offered;
    }

    @Override
    long octetsWaiting() {
        return offered - passed;
    }

    @Override
    void offer(Buffer content) {
        offered += content.length();
        cross(() -> super.offer(content));
    }

    @Override
    void end() {
        cross(super::end);
    }

    @Override
    void fail(String reason) {
        cross(() -> super.fail(reason));
    }

    @Override
    void close() {
        cross(super::close);
    }

    private void cross(Runnable event) {
        underWay.incrementAndGet();
        context.runOnContext(v -> {
            event.run();
            publish();
            if (underWay.decrementAndGet() == 0) {
                super.demanded();
            }
        });
    }

    @Override
    void demanded() {
        publish();
        super.demanded();
    }

    /** Tells the event loop how things stand. */
    private void publish() {
        wanted = super.wantsMore();
        passed = super.octetsReceived() - super.octetsWaiting();
    }
}
