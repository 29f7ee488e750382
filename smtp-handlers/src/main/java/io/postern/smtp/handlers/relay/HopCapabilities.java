package io.postern.smtp.handlers.relay;

import io.postern.smtp.EhloReply;
import io.postern.smtp.Reply;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the next hop has said that it can do (RFC 5321 §4.1.1.1).
 *
 * @param ehlo its reply to EHLO or LHLO, without lines after HELO
 */
record HopCapabilities(EhloReply ehlo) {

    private static final int MAX_SIZE_DIGITS = 18;

    static HopCapabilities of(Reply reply) {
        List<String> lines = reply.lines();
        return new HopCapabilities(EhloReply.of(lines.get(0), lines.subList(1, lines.size())));
    }

    /** A server that knows HELO only. */
    static HopCapabilities none(Reply reply) {
        return new HopCapabilities(EhloReply.of(reply.lines().get(0), List.of()));
    }

    boolean has(String keyword) {
        return ehlo.has(keyword);
    }

    boolean pipelining() {
        return has("PIPELINING");
    }

    boolean chunking() {
        return has("CHUNKING");
    }

    /** Binary content comes by BDAT only: RFC 3030 §3. */
    boolean binaryMime() {
        return chunking() && has("BINARYMIME");
    }

    /** The largest message in octets; empty when there is no limit, or none that is told (RFC 1870 §4). */
    OptionalLong sizeLimit() {
        return ehlo.line("SIZE").stream()
                .map(line -> line.substring("SIZE".length()).trim())
                .filter(digits -> digits.matches("[0-9]{1," + MAX_SIZE_DIGITS + "}"))
                .mapToLong(Long::parseLong)
                .filter(limit -> limit > 0)
                .findFirst();
    }

    /** The mechanisms of AUTH, in capital letters. */
    Set<String> mechanisms() {
        return ehlo.line("AUTH").stream()
                .flatMap(line ->
                        Stream.of(line.toUpperCase(Locale.ROOT).split(" +")).skip(1))
                .collect(Collectors.toUnmodifiableSet());
    }
}
