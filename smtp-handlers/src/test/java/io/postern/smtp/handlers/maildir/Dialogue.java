package io.postern.smtp.handlers.maildir;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.TestSmtpServer;
import io.postern.smtp.testkit.WireReply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The ways in which a message comes. */
enum Dialogue {
    SMTP_DATA(false, false),
    SMTP_BDAT(false, true),
    LMTP_DATA(true, false),
    LMTP_BDAT(true, true);

    private final boolean lmtp;
    private final boolean bdat;

    Dialogue(boolean lmtp, boolean bdat) {
        this.lmtp = lmtp;
        this.bdat = bdat;
    }

    boolean isLmtp() {
        return lmtp;
    }

    SmtpServerOptions options() {
        return new SmtpServerOptions().setHostName("mx.example.test").setLmtp(lmtp);
    }

    RawSmtpClient greeted(TestSmtpServer server) {
        RawSmtpClient client = server.connect();
        client.expect(220);
        client.command((lmtp ? "LHLO" : "EHLO") + " client.example").expect(250);
        return client;
    }

    /** Sends a message. @return the code of the reply, or in LMTP of that for each recipient, or of that to the only RCPT */
    List<Integer> send(RawSmtpClient client, String text, String... recipients) {
        client.command("MAIL FROM:<anne@example.org>").expect(250);
        int accepted = 0;
        WireReply last = null;
        for (String recipient : recipients) {
            last = client.command("RCPT TO:<" + recipient + ">");
            accepted += last.code() == 250 ? 1 : 0;
        }
        if (accepted == 0) {
            client.command("RSET").expect(250);
            return last == null ? List.of() : List.of(last.code());
        }
        body(client, text);
        List<Integer> codes = new ArrayList<>();
        for (int i = 0; i < (lmtp ? accepted : 1); i++) {
            codes.add(client.readReply().code());
        }
        return codes;
    }

    private void body(RawSmtpClient client, String text) {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        if (bdat) {
            client.send("BDAT " + octets.length + " LAST\r\n").send(octets);
        } else {
            client.command("DATA").expect(354);
            client.send(octets).send(".\r\n");
        }
    }

    /** Sends the beginning of a message, which goes no further. */
    void begin(RawSmtpClient client, String text) {
        client.command("MAIL FROM:<anne@example.org>").expect(250);
        client.command("RCPT TO:<bart@example.org>").expect(250);
        if (bdat) {
            client.send("BDAT " + (text.length() + 1_000) + "\r\n").send(text);
        } else {
            client.command("DATA").expect(354);
            client.send(text);
        }
    }
}
