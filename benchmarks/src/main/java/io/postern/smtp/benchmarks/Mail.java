package io.postern.smtp.benchmarks;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a client sends again and again, as one message or several, prepared so that it costs the client next to nothing to send.
 */
public final class Mail {

    /** Of a line of text with its end. */
    private static final int LINE = 64;

    private static final String HEADER = "Subject: about sixty-four octets, as many as a line\r\n\r\n";
    /** How much of a large message is in memory; it is sent as often as the message is long. */
    private static final int BLOCK = 65_536;

    private static final String MAIL = "MAIL FROM:<a@client.example>\r\n";
    private static final String DATA = "DATA\r\n";
    private static final String END = ".\r\n";

    private final int messages;
    private final List<Step> pipelined;
    private final List<Step> lockstep;

    /**
     * What is sent at once.
     *
     * @param text the octets, in pieces of which one may be there several times
     * @param replies how many replies there are to it, of one line each
     */
    record Step(List<ByteBuffer> text, int replies) {
        Step(String text, int replies) {
            this(List.of(octets(text)), replies);
        }
    }

    private Mail(int messages, List<Step> pipelined, List<Step> lockstep) {
        this.messages = messages;
        this.pipelined = pipelined;
        this.lockstep = lockstep;
    }

    /**
     * A message for one recipient.
     *
     * @param size in octets and about
     */
    public static Mail ofSize(long size) {
        return of(1, size);
    }

    /**
     * A message by DATA. To a server with PIPELINING (RFC 2920) its envelope is sent at once, to another each command when the
     * one before was answered.
     *
     * @param size in octets and about
     */
    public static Mail of(int recipients, long size) {
        List<String> rcpts = IntStream.range(0, recipients)
                .mapToObj(i -> "RCPT TO:<b" + i + "@mx.example>\r\n")
                .toList();
        Step message = new Step(message(size), 1);
        Step envelope = new Step(MAIL + String.join("", rcpts) + DATA, recipients + 2);
        List<Step> lockstep = new ArrayList<>();
        lockstep.add(new Step(MAIL, 1));
        rcpts.forEach(rcpt -> lockstep.add(new Step(rcpt, 1)));
        lockstep.add(new Step(DATA, 1));
        lockstep.add(message);
        return new Mail(1, List.of(envelope, message), lockstep);
    }

    /**
     * Several messages for a recipient each, by BDAT (RFC 3030), which needs no reply in between, and so all are sent at once.
     *
     * @param size of each in octets and about
     */
    public static Mail atOnce(int messages, int size) {
        String text = HEADER + line().repeat(Math.max(1, size / LINE));
        String each = MAIL + "RCPT TO:<b@mx.example>\r\nBDAT " + text.length() + " LAST\r\n" + text;
        List<Step> steps = List.of(new Step(each.repeat(messages), 3 * messages));
        return new Mail(messages, steps, steps);
    }

    private static List<ByteBuffer> message(long size) {
        ByteBuffer block = octets(line().repeat(BLOCK / LINE));
        int blocks = (int) (size / BLOCK);
        String rest = line().repeat((int) (size % BLOCK / LINE));
        List<ByteBuffer> text = new ArrayList<>();
        text.add(octets(HEADER + rest + (blocks == 0 ? END : "")));
        if (blocks > 0) {
            text.addAll(Collections.nCopies(blocks, block));
            text.add(octets(END));
        }
        return text;
    }

    private static String line() {
        return "x".repeat(LINE - 2) + "\r\n";
    }

    /** Outside of the heap, from where the kernel takes it without a copy. */
    private static ByteBuffer octets(String text) {
        byte[] octets = text.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocateDirect(octets.length).put(octets).flip().asReadOnlyBuffer();
    }

    /** How many messages it is. */
    int messages() {
        return messages;
    }

    /** What is to be sent, each when all replies to what is before it have come. */
    List<Step> steps(boolean pipelining) {
        return pipelining ? pipelined : lockstep;
    }
}
