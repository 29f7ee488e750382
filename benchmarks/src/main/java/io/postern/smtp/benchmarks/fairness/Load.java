package io.postern.smtp.benchmarks.fairness;

import io.postern.smtp.benchmarks.Descriptors;
import io.postern.smtp.benchmarks.Strangers;
import java.io.IOException;

/** What others do while a normal client sends its mail, and what that may cost it. */
enum Load {
    /** Clients that send commands and messages without end, and read all replies. */
    PIPELINING(8, 50) {
        @Override
        Strangers start(int port, int size) throws IOException {
            return new PipeliningStrangers(port, size);
        }
    },
    /** Clients that send an octet a second. */
    TRICKLING(500, 10) {
        @Override
        Strangers start(int port, int size) throws IOException {
            return new TricklingStrangers(port, size);
        }
    },
    /** Clients that were greeted and say nothing. */
    IDLE(10_000, 10) {
        @Override
        Strangers start(int port, int size) throws IOException {
            return new Strangers(port, size);
        }
    };

    private final int size;
    private final int boundMillis;

    Load(int size, int boundMillis) {
        this.size = size;
        this.boundMillis = boundMillis;
    }

    /** How many clients there should be. */
    int size() {
        return size;
    }

    /** How many there can be, as a process may have only so many descriptors. */
    int possibleSize() {
        return Descriptors.connections(size);
    }

    /** What the 99th percentile of a transaction beside this load may be. */
    int boundMillis() {
        return boundMillis;
    }

    /** Connects that many clients, which go on by themselves until they are {@link Strangers#finish() finished}. */
    abstract Strangers start(int port, int size) throws IOException;
}
