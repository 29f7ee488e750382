package io.postern.smtp.testkit.interop;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Swaks, one command at a time. It reads a message as with or without its last dot, and puts a line end behind it. */
class SwaksIT extends MailClientContract {

    @Override
    void send(int port, Path message) {
        swaks(port, message);
    }

    /** @return the dialogue as swaks shows it */
    static String swaks(int port, Path message, String... options) {
        List<String> command = new ArrayList<>(List.of(
                Tool.find("swaks"),
                "--server",
                "127.0.0.1:" + port,
                "--helo",
                "client.example",
                "--from",
                FROM,
                "--to",
                String.join(",", TO),
                "--suppress-data",
                "--data",
                "@" + message));
        command.addAll(List.of(options));
        return Tool.run(command);
    }

    @Override
    byte[] asSent(byte[] message, byte[] received) {
        String text = new String(message, StandardCharsets.ISO_8859_1);
        String kept = text.endsWith("\r\n.\r\n") ? text.substring(0, text.length() - 5) : text;
        return (kept + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }
}
