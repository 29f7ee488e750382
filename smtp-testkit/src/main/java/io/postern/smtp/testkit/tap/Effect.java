package io.postern.smtp.testkit.tap;

/**
 * What a fault does.
 *
 * @param name as it is declared
 */
record Effect(String name, Action action) {

    interface Action {
        void apply(Held held);
    }
}
