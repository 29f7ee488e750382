package io.postern.smtp.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.RawSmtpClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code --metrics} serves, from the shaded jar to curl. */
@Timeout(120)
class PosternMetricsIT {

    private static final String ANY_PORT = "127.0.0.1:0";
    private static final String METRICS = "postern metrics on ";
    private static final Path DASHBOARD = Path.of("..", "docs", "grafana", "postern.json");
    private static final Pattern METRIC = Pattern.compile("\\b(?:smtp|jvm|process|system)_[a-z_]+\\b");

    @TempDir
    Path directory;

    private static String awaitMetrics(PosternProcess postern) throws Exception {
        String line = postern.readLine();
        assertThat(line).startsWith(METRICS);
        return "http://" + line.substring(METRICS.length());
    }

    private static void send(RawSmtpClient client) {
        client.command("MAIL FROM:<from@example.org>").expect(250);
        client.command("RCPT TO:<to@example.org>").expect(250);
        client.command("DATA").expect(354);
        client.send("Subject: hi\r\n\r\nhello\r\n.\r\n").expect(250);
    }

    /** The value of a sample, or -1 when there is none. */
    private static double sample(String scrape, String name) {
        return scrape.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElse(-1);
    }

    @Test
    void aScrapeShowsTheMailThatWasTaken() throws Exception {
        try (PosternProcess postern =
                        PosternProcess.run("-l", ANY_PORT, "-l", ANY_PORT, "--metrics", ANY_PORT, "sink");
                RawSmtpClient one = PosternProcess.client(postern.awaitListening());
                RawSmtpClient other = PosternProcess.client(postern.awaitListening())) {
            String url = awaitMetrics(postern);
            send(one);
            send(other);
            String scrape = Curl.run(url + "/metrics");
            assertThat(scrape).startsWith("HTTP/1.1 200 OK").contains("content-type: text/plain; version=0.0.4");
            assertThat(sample(scrape, "smtp_server_connections_active")).isEqualTo(2);
            assertThat(sample(scrape, "smtp_server_connections_opened_total")).isEqualTo(2);
            assertThat(sample(scrape, "smtp_server_commands_total{code=\"250\",verb=\"RCPT\"}"))
                    .isEqualTo(2);
            assertThat(sample(scrape, "smtp_server_message_size_bytes_sum{outcome=\"accepted\"}"))
                    .isEqualTo(2 * "Subject: hi\r\n\r\nhello\r\n".length());
            assertThat(sample(scrape, "smtp_server_transaction_duration_seconds_count{outcome=\"accepted\"}"))
                    .isEqualTo(2);
            assertThat(sample(
                            scrape,
                            "smtp_server_transaction_duration_seconds_bucket{outcome=\"accepted\",le=\"300.0\"}"))
                    .isEqualTo(2);
            assertThat(sample(scrape, "smtp_server_bytes_in_flight")).isZero();
            assertThat(sample(scrape, "jvm_threads_live_threads")).isPositive();
            assertThat(scrape).contains("jvm_memory_used_bytes{", "process_uptime_seconds");
        }
    }

    @Test
    void whoAsksForOpenMetricsGetsIt() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "--metrics", ANY_PORT, "sink")) {
            postern.awaitListening();
            String url = awaitMetrics(postern);
            String scrape = Curl.run("-H", "Accept: application/openmetrics-text; version=1.0.0", url + "/metrics");
            assertThat(scrape)
                    .contains("content-type: application/openmetrics-text; version=1.0.0")
                    .contains("smtp_server_connections_active 0")
                    .endsWith("# EOF\n");
        }
    }

    @Test
    void onlyMetricsCanBeRead() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "--metrics", ANY_PORT, "sink")) {
            postern.awaitListening();
            String url = awaitMetrics(postern);
            assertThat(Curl.run(url + "/")).startsWith("HTTP/1.1 404 ");
            assertThat(Curl.run(url + "/metrics/more")).startsWith("HTTP/1.1 404 ");
            assertThat(Curl.run("-X", "DELETE", url + "/metrics"))
                    .startsWith("HTTP/1.1 405 ")
                    .contains("allow: GET, HEAD");
            assertThat(Curl.run("-d", "x".repeat(10_000), url + "/metrics")).contains("HTTP/1.1 405 ");
            assertThat(Curl.run("--head", url + "/metrics")).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aScrapeIsAnsweredWhileTheLastTransactionDrains() throws Exception {
        try (PosternProcess postern = PosternProcess.run("-l", ANY_PORT, "--metrics", ANY_PORT, "sink")) {
            String address = postern.awaitListening();
            String url = awaitMetrics(postern);
            try (RawSmtpClient client = PosternProcess.client(address);
                    RawSmtpClient idle = PosternProcess.client(address)) {
                client.command("MAIL FROM:<from@example.org>").expect(250);
                client.command("RCPT TO:<to@example.org>").expect(250);
                client.command("DATA").expect(354);
                postern.terminate();
                idle.expect(421); // the listeners drain
                assertThat(sample(Curl.run(url + "/metrics"), "smtp_server_connections_opened_total"))
                        .isEqualTo(2);
                client.send("Subject: hi\r\n\r\nhello\r\n.\r\n").expect(250);
                client.expect(421);
            }
            assertThat(postern.awaitExit()).isZero();
        }
    }

    @Test
    void aPortThatIsTakenIsToldInOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                PosternProcess postern =
                        PosternProcess.run("-l", ANY_PORT, "--metrics", "127.0.0.1:" + taken.getLocalPort(), "sink")) {
            assertThat(postern.readLine()).isEqualTo("(end)");
            assertThat(postern.awaitExit()).isEqualTo(1);
            assertThat(postern.errors())
                    .isEqualTo("postern: cannot listen on 127.0.0.1:" + taken.getLocalPort()
                            + ": Address already in use\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "unix:/tmp/metrics", "localhost:99999"})
    void whatIsNoAddressIsAMistakeInTheOptions(String address) throws Exception {
        try (PosternProcess postern = PosternProcess.run("--metrics", address)) {
            assertThat(postern.awaitExit()).isEqualTo(2);
            assertThat(postern.errors().lines())
                    .singleElement()
                    .asString()
                    .startsWith("postern: --metrics " + address + ": ");
        }
    }

    private static Set<String> metricsOf(Object json) {
        Set<String> names = new TreeSet<>();
        if (json instanceof JsonArray array) {
            array.forEach(element -> names.addAll(metricsOf(element)));
        } else if (json instanceof JsonObject object) {
            object.forEach(entry -> {
                if (entry.getValue() instanceof String text
                        && Set.of("expr", "query", "definition").contains(entry.getKey())) {
                    Matcher name = METRIC.matcher(text);
                    while (name.find()) {
                        names.add(name.group());
                    }
                } else {
                    names.addAll(metricsOf(entry.getValue()));
                }
            });
        }
        return names;
    }

    @Test
    void everyMetricOfTheDashboardIsInAScrape() throws Exception {
        Set<String> asked = metricsOf(new JsonObject(Files.readString(DASHBOARD)));
        assertThat(asked).hasSizeGreaterThan(12);
        Path users = Files.writeString(directory.resolve("users"), "anne:secret\n");
        try (PosternProcess postern = PosternProcess.run(
                        "-l",
                        ANY_PORT,
                        "--users",
                        users.toString(),
                        "--auth-without-tls",
                        "--metrics",
                        ANY_PORT,
                        "sink");
                RawSmtpClient client = PosternProcess.client(postern.awaitListening())) {
            String url = awaitMetrics(postern);
            String secret = Base64.getEncoder().encodeToString("\0anne\0secret".getBytes(StandardCharsets.US_ASCII));
            client.command("AUTH PLAIN " + secret).expect(235);
            send(client);
            String scrape = Curl.run(url + "/metrics");
            Set<String> served = new TreeSet<>();
            scrape.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("[{ ]", 2)[0])
                    .forEach(served::add);
            assertThat(served).containsAll(asked);
            // and what servers measure is all on it, a histogram by its buckets, its sum or its number
            Set<String> families = new TreeSet<>();
            served.stream()
                    .filter(name -> name.startsWith("smtp_server_"))
                    .map(name -> name.replaceAll("_(bucket|count|sum|max)$", ""))
                    .forEach(families::add);
            assertThat(families).allSatisfy(family -> assertThat(asked).anyMatch(name -> name.startsWith(family)));
        }
    }
}
