package io.postern.smtp.testkit.faults;

/** A {@link Point} at a message that comes. */
public interface DataPoint extends Point {

    /**
     * Not at the command but in the message, as soon as so many octets of its content have come. The count is of the
     * content, without the dots and chunk headers of the transfer. A message that is smaller is no occasion. Of a fault
     * that cuts the connection the handler gets less than the whole message, but how much of it is for the network to say.
     *
     * @throws IllegalArgumentException when {@code octets} is less than 1
     */
    Point afterBytes(long octets);
}
