package io.postern.smtp.testkit.interop;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** msmtp, which takes local line ends and pipelines. */
class MsmtpIT extends MailClientContract {

    @Override
    void send(int port, Path message) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Tool.find("msmtp"),
                "--file=/dev/null",
                "--host=127.0.0.1",
                "--port=" + port,
                "--domain=client.example",
                "--tls=off",
                "--auth=off",
                "--from=" + FROM,
                "--"));
        command.addAll(TO);
        Tool.run(command, Redirect.from(localForm(message).toFile()), Map.of());
    }
}
