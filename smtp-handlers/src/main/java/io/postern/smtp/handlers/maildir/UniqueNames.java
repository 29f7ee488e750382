package io.postern.smtp.handlers.maildir;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Names of files that no other delivery has, in the manner of the Maildir convention: {@code
 * 1790000000.M123456P4711Q17R0123456789abcdef.mx.example.org}. The time and the process tell them apart from those of
 * others on the machine, the count from others of this object, and the random number, made once, from those of containers,
 * in which many a process has the number 1 and many a host the same name. So a name that is new in {@code tmp/} is new in
 * {@code new/} and {@code cur/} as well, and nobody has to look.
 */
final class UniqueNames {

    private static final int RANDOM_OCTETS = 8;
    private static final int MAX_HOST = 64;

    private final AtomicLong count = new AtomicLong();
    private final String process;
    private final String host;

    UniqueNames(Optional<String> hostName) {
        byte[] random = new byte[RANDOM_OCTETS];
        new SecureRandom().nextBytes(random);
        this.process = "P" + ProcessHandle.current().pid();
        this.host = "R" + HexFormat.of().formatHex(random) + "." + escaped(hostName.orElseGet(UniqueNames::localHost));
    }

    String next(Instant time) {
        return time.getEpochSecond() + ".M" + time.getNano() / 1_000 + process + "Q" + count.incrementAndGet() + host;
    }

    /** The part of a name that tells it apart, of letters, digits and dots only. */
    static String id(String name) {
        return name.substring(0, name.indexOf('.', name.indexOf('.') + 1));
    }

    private static String localHost() {
        try {
            String name = InetAddress.getLocalHost().getHostName().replaceAll("[^!-~]", "_");
            return name.substring(0, Math.min(MAX_HOST, name.length()));
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    // The convention writes slash and colon so; a comma would begin what readers like Dovecot look for, as S= for the
    // size
    private static String escaped(String hostName) {
        return hostName.replace("/", "\\057").replace(":", "\\072").replace(",", "\\054");
    }
}
