package io.postern.smtp.protocol;

import java.util.Locale;
import java.util.Optional;

/**
 * The argument of BDAT (RFC 3030 §2).
 *
 * @param size how many octets follow the command
 * @param last whether they end the message
 */
record BdatCommand(long size, boolean last) {

    static Optional<BdatCommand> parse(String argument) {
        String[] words = argument.split(" +");
        boolean last = words.length == 2 && words[1].toUpperCase(Locale.ROOT).equals("LAST");
        // 18 digits fit into a long
        if (words.length > (last ? 2 : 1) || !words[0].matches("[0-9]{1,18}")) {
            return Optional.empty();
        }
        return Optional.of(new BdatCommand(Long.parseLong(words[0]), last));
    }
}
