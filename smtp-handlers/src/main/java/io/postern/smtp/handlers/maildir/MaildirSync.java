package io.postern.smtp.handlers.maildir;

/** What has reached the disk when a message is answered with 250. */
public enum MaildirSync {
    /** Nothing for certain: mail survives the end of the process, not a crash of the machine. */
    NONE,
    /** The content of the file. After a crash of the machine it may be in {@code tmp/}, and so be lost. */
    FILE,
    /** The file and its name in {@code new/}: mail survives a crash of the machine and a loss of power. */
    FULL
}
