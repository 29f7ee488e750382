package io.postern.smtp.testkit.interop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;

/** nodemailer, which node must find by the environment's {@code NODE_PATH}. */
class NodemailerIT extends MailClientContract {

    @BeforeAll
    static void nodemailerIsThere() throws IOException, InterruptedException {
        Process node = new ProcessBuilder(Tool.find("node"), "-e", "require.resolve('nodemailer')")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (node.waitFor() != 0) {
            Tool.missing("node does not find nodemailer by NODE_PATH");
        }
    }

    @Override
    void send(int port, Path message) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Tool.find("node"),
                resource("nodemailer-send.js").toString(),
                Integer.toString(port),
                message.toString(),
                FROM));
        command.addAll(TO);
        Tool.run(command);
    }
}
