package io.postern.smtp.testkit.interop;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** curl, which sends a file as it is but for dots. */
class CurlIT extends MailClientContract {

    @Override
    void send(int port, Path message) {
        List<String> command = new ArrayList<>(List.of(
                Tool.find("curl"),
                "--silent",
                "--show-error",
                "--max-time",
                "60",
                "smtp://127.0.0.1:" + port + "/client.example",
                "--mail-from",
                FROM,
                "--upload-file",
                message.toString()));
        TO.forEach(recipient -> command.addAll(List.of("--mail-rcpt", recipient)));
        Tool.run(command);
    }
}
