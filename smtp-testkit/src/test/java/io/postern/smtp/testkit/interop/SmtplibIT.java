package io.postern.smtp.testkit.interop;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Python's smtplib. */
class SmtplibIT extends MailClientContract {

    @Override
    void send(int port, Path message) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Tool.find("python3"),
                resource("smtplib-send.py").toString(),
                Integer.toString(port),
                message.toString(),
                FROM));
        command.addAll(TO);
        Tool.run(command);
    }
}
