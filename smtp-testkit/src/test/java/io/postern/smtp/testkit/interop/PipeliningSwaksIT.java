package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;

/** Swaks, which sends MAIL, RCPT and DATA in one go (RFC 2920). */
class PipeliningSwaksIT extends SwaksIT {

    @Override
    void send(int port, Path message) {
        String dialogue = swaks(port, message, "--pipeline");
        assertThat(dialogue).containsPattern(" -> RCPT TO:.*\\R -> DATA\\R<-  250");
    }
}
