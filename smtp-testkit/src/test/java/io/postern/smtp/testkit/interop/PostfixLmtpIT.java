package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Postfix delivers by LMTP over a Unix socket, and what it notes of each recipient is what the handler has said. */
class PostfixLmtpIT {

    private static final int MESSAGES = 1_000;

    @TempDir
    Path directory;

    private @Nullable RunningServer server;

    @AfterEach
    void stop() throws Exception {
        if (server != null) {
            server.close();
        }
    }

    /** The recipients of a message: mostly some of each kind, now and then none that is accepted, or none served. */
    private static Stream<String> recipients(int message) {
        Stream<String> names = switch (message % 10) {
            case 0 -> Stream.of("unknown", "unknown-too");
            case 1 -> Stream.of("full", "strict");
            case 2 -> Stream.of("strict", "unknown", "strict-too");
            case 3 -> Stream.of("bob", "carol");
            default -> Stream.of("bob", "full", "unknown", "carol", "strict");
        };
        return names.map(name -> name + "-" + message + "@server.example");
    }

    private static String outcome(String recipient) {
        String kind = recipient.replaceFirst("-.*", "");
        return recipient
                + switch (kind) {
                    case "unknown" -> " 5.1.1 bounced";
                    case "full" -> " 4.2.2 deferred";
                    case "strict" -> " 5.7.1 bounced";
                    default -> " 2.6.0 sent";
                };
    }

    private static List<String> dialogue() {
        List<String> lines = new ArrayList<>(List.of("HELO client.example"));
        for (int message = 0; message < MESSAGES; message++) {
            lines.add("MAIL FROM:<anna@client.example>");
            recipients(message).forEach(recipient -> lines.add("RCPT TO:<" + recipient + ">"));
            lines.addAll(List.of("DATA", "Subject: message " + message, "", "Hello.", "."));
        }
        lines.add("QUIT");
        return lines;
    }

    @Test
    @Timeout(180)
    void eachRecipientOfAThousandMessagesHasTheOutcomeThatTheHandlerGave() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path socket = directory.resolve("lmtp");
        Mailboxes handler = new Mailboxes();
        SmtpServerOptions options = new SmtpServerOptions()
                .setLmtp(true)
                .setHostName("store.server.example")
                .setUnixSocket(socket.toString())
                .setUnixSocketPermissions("rw-rw-rw-");
        List<String> all = Stream.iterate(0, message -> message < MESSAGES, message -> message + 1)
                .flatMap(PostfixLmtpIT::recipients)
                .toList();
        server = new RunningServer(handler, options);
        try (PrivatePostfix postfix = PrivatePostfix.deliveringTo(socket)) {
            postfix.submit(Files.write(directory.resolve("dialogue"), dialogue()));
            assertThat(postfix.outcomes(all.size()))
                    .containsExactlyInAnyOrderElementsOf(
                            all.stream().map(PostfixLmtpIT::outcome).toList());
        }
        assertThat(handler.delivered())
                .containsExactlyInAnyOrderElementsOf(all.stream()
                        .filter(recipient -> outcome(recipient).endsWith(" sent"))
                        .toList());
    }
}
