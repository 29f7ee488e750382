package io.postern.smtp.protocol;

/**
 * Every limit that a server may set, in octets or as a count.
 *
 * @param commandLine the longest command line, its line end counted, before extensions add to it (RFC 5321 §4.5.3.1.4)
 * @param textLine the longest line of a message, its line end counted (RFC 5321 §4.5.3.1.6); 0 for none
 * @param localPart the longest local part (RFC 5321 §4.5.3.1.1); 0 for none
 * @param recipients the most recipients of a message (RFC 5321 §4.5.3.1.8)
 * @param messageSize the largest message (RFC 1870); 0 for none
 * @param headerSize the largest header of a message; 0 for none
 * @param hops how many Received fields a message may have before it is taken to be in a loop (RFC 5321 §6.3); 0 for none
 * @param messages the most messages of a session; 0 for none
 * @param junkCommands the most commands between two messages that bring none forward; 0 for any number
 * @param commandCalls how often each command may be used in a session
 * @param unknownCommands the unknown command at which the session ends
 * @param authFailures the failed authentication at which the session ends
 * @param errors the mistake at which the session ends
 */
public record Limits(
        int commandLine,
        int textLine,
        int localPart,
        int recipients,
        long messageSize,
        long headerSize,
        int hops,
        int messages,
        int junkCommands,
        CommandCalls commandCalls,
        int unknownCommands,
        int authFailures,
        int errors) {

    /** How many commands one run handles before it lets other connections have their turn. */
    static final int COMMANDS_PER_TURN = 64;

    /**
     * How many octets of refused messages are read and dropped, to keep the session in step, before it is ended; an accepted
     * message begins the count anew.
     */
    static final long DISCARD = 128L * 1024 * 1024;
}
