package io.postern.smtp.testkit.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.testkit.RecordingHandler;
import io.postern.smtp.testkit.TestSmtpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS as openssl speaks it, which does also what a client should not. */
@Timeout(60)
class OpensslIT {

    @TempDir
    static Path directory;

    private static TlsFiles files;

    @BeforeAll
    static void makeCertificate() {
        files = TlsFiles.in(directory);
    }

    private static TestSmtpServer server(boolean implicitTls) {
        return TestSmtpServer.start(
                new RecordingHandler(),
                new SmtpServerOptions()
                        .setHostName("mx.server.example")
                        .setTls(files.server())
                        .setImplicitTls(implicitTls));
    }

    /** {@code openssl s_client}, which takes commands where its input begins with a capital letter. */
    private static final class Client implements AutoCloseable {

        private final Process process;
        private final Writer input;
        private final BufferedReader output;

        Client(TestSmtpServer server, boolean implicitTls, String... options) throws IOException {
            List<String> command = new ArrayList<>(
                    List.of(Tool.find("openssl"), "s_client", "-crlf", "-connect", "127.0.0.1:" + server.port()));
            if (!implicitTls) {
                command.addAll(List.of("-starttls", "smtp"));
            }
            command.addAll(List.of(options));
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            input = process.outputWriter(StandardCharsets.US_ASCII);
            output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.ISO_8859_1));
        }

        void type(String line) throws IOException {
            input.write(line + "\n");
            input.flush();
        }

        /** Reads until a line has this in it; what it prints about a session runs into what the server says. */
        void await(String part) throws IOException {
            StringBuilder seen = new StringBuilder();
            String line;
            while ((line = output.readLine()) != null) {
                if (line.contains(part)) {
                    return;
                }
                seen.append(line).append('\n');
            }
            throw new AssertionError("no \"" + part + "\" in:\n" + seen);
        }

        /** Waits for the end of the program. @return what it has printed until then */
        String end() throws IOException, InterruptedException {
            StringBuilder printed = new StringBuilder();
            String line;
            while ((line = output.readLine()) != null) {
                printed.append(line).append('\n');
            }
            process.waitFor();
            return printed.toString();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void tls12And13AreSpoken(boolean implicitTls) throws Exception {
        for (String version : new String[] {"-tls1_2", "-tls1_3"}) {
            try (TestSmtpServer server = server(implicitTls);
                    Client client = new Client(server, implicitTls, version)) {
                client.await("SSL handshake has read");
                client.type("NOOP");
                client.await("250 2.0.0");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void olderVersionsAreRefused(boolean implicitTls) throws Exception {
        for (String version : new String[] {"-tls1", "-tls1_1"}) {
            try (TestSmtpServer server = server(implicitTls);
                    Client client = new Client(server, implicitTls, version, "-cipher", "DEFAULT@SECLEVEL=0")) {
                assertThat(client.end()).contains("alert protocol version");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClientThatRenegotiatesIsClosed(boolean implicitTls) throws Exception {
        try (TestSmtpServer server = server(implicitTls);
                Client client = new Client(server, implicitTls, "-tls1_2")) {
            client.await("SSL handshake has read");
            client.type("NOOP");
            client.await("250 2.0.0");
            client.type("R");
            client.await("RENEGOTIATING");
            // a handshake that succeeded would leave it waiting for more to send, and not end
            assertThat(client.end()).endsWith("closed\n");
        }
    }
}
