package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;

/** Postfix as a relay that delivers to us. It takes local line ends, pipelines, and adds one field to the header. */
class PostfixIT extends MailClientContract {

    private static final Pattern RECEIVED = Pattern.compile("\\AReceived: [^\\r]*\\r\\n(?:[ \\t][^\\r]*\\r\\n)*");

    private PrivatePostfix postfix;

    @Override
    void send(int port, Path message) throws IOException {
        postfix = PrivatePostfix.relayingTo(port, PrivatePostfix.WITHOUT_TLS);
        postfix.submit(localForm(message), FROM, TO);
    }

    @Override
    byte[] asSent(byte[] message, byte[] received) {
        return withTraceOf(received, message);
    }

    /** RFC 5321 §4.4: a relay puts its trace field in front, which names the time. */
    static byte[] withTraceOf(byte[] received, byte[] message) {
        Matcher trace = RECEIVED.matcher(new String(received, StandardCharsets.ISO_8859_1));
        assertThat(trace.find()).isTrue();
        byte[] sent = new byte[trace.end() + message.length];
        System.arraycopy(received, 0, sent, 0, trace.end());
        System.arraycopy(message, 0, sent, trace.end(), message.length);
        return sent;
    }

    @AfterEach
    void stopPostfix() throws IOException {
        if (postfix != null) {
            postfix.close();
        }
    }
}
