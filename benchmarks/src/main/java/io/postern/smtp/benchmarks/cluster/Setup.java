package io.postern.smtp.benchmarks.cluster;

/** Who answers the messages. */
enum Setup {
    /** A handler in the process of the server. */
    HANDLER("handler in the server", 0),
    /** A consumer in the process of the server. */
    LOCAL_CONSUMER("consumer in the server", 0),
    /** A consumer in a process of its own. */
    ONE_NODE("1 consumer, own process", 1),
    /** Two consumers, each in a process of its own. */
    TWO_NODES("2 consumers, own processes", 2);

    /** The most consumers in processes of their own. */
    static final int MOST_NODES = 2;

    private final String title;
    private final int nodes;

    Setup(String title, int nodes) {
        this.title = title;
        this.nodes = nodes;
    }

    String title() {
        return title;
    }

    /** How many processes consume at {@link #address()}. */
    int nodes() {
        return nodes;
    }

    /** Where its messages go on the event bus. */
    String address() {
        return name();
    }
}
