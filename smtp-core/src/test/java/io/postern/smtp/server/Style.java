package io.postern.smtp.server;

import static org.assertj.core.api.Assumptions.assumeThat;

import io.vertx.core.ThreadingModel;

/** Where hooks run, as it is chosen at deployment. */
enum Style {
    EVENT_LOOP(ThreadingModel.EVENT_LOOP),
    WORKER(ThreadingModel.WORKER),
    VIRTUAL_THREAD(ThreadingModel.VIRTUAL_THREAD);

    static final int FIRST_JDK_WITH_VIRTUAL_THREADS = 21;

    private final ThreadingModel model;

    Style(ThreadingModel model) {
        this.model = model;
    }

    /** The model to deploy with; skips the test where the JDK does not have it. */
    ThreadingModel model() {
        if (this == VIRTUAL_THREAD) {
            assumeThat(Runtime.version().feature())
                    .as("virtual threads need a JDK of at least this version")
                    .isGreaterThanOrEqualTo(FIRST_JDK_WITH_VIRTUAL_THREADS);
        }
        return model;
    }
}
