package io.postern.smtp.testkit;

/** Where what a client sends is cut, so that it goes out in several writes. */
@FunctionalInterface
interface Cuts {

    /** Nowhere. */
    Cuts NONE = sent -> Integer.MAX_VALUE;

    /** How many octets will have been sent when the next cut comes, where {@code sent} have been now. */
    int next(int sent);

    /** Once. */
    static Cuts at(int octets) {
        return sent -> sent < octets ? octets : Integer.MAX_VALUE;
    }

    /** In pieces of the same size, counted from the beginning of each write. */
    static Cuts every(int octets) {
        return sent -> sent + octets;
    }
}
