package io.postern.smtp.testkit.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.TestSmtpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What programs get of a page. */
@Timeout(60)
class InboxRestTest {

    private final TestSmtpServer server = TestSmtpServer.start();
    private final InboxPage page = server.ui();
    private final Rest rest = new Rest(page.url());

    @AfterEach
    void close() {
        server.close();
    }

    /** The message is shown soon after it was accepted. */
    private JsonObject await(String subject) {
        return rest.get("/api/messages/wait?timeout=30&subject=" + subject);
    }

    @Test
    void messagesAreListedTheNewestFirstAndSearched() {
        Mails.send(server, "first", "with a pear");
        Mails.send(server, "second", "with an Apple");
        Mails.send(server, List.of("carl@example.org", "dora@example.org"), "Subject: third\n\nnothing");
        await("third");

        assertThat(rest.subjects("")).containsExactly("third", "second", "first");
        assertThat(rest.subjects("?query=with")).containsExactly("second", "first");
        assertThat(rest.subjects("?query=APPLE+with")).containsExactly("second");
        assertThat(rest.subjects("?to=DORA@example.org")).containsExactly("third");
        assertThat(rest.subjects("?to=ora@example.org")).as("whole addresses").isEmpty();
        assertThat(rest.subjects("?from=bart@example.org&subject=FIR")).containsExactly("first");
    }

    @Test
    void aListIsReadInPages() {
        for (String subject : List.of("a", "b", "c")) {
            Mails.send(server, subject, "");
        }
        await("c");

        JsonObject first = rest.get("/api/messages?limit=2");
        assertThat(first.getBoolean("more")).isTrue();
        assertThat(first.getInteger("total")).isEqualTo(3);
        String last = first.getJsonArray("messages").getJsonObject(1).getString("id");
        JsonObject second = rest.get("/api/messages?limit=2&before=" + last);
        assertThat(second.getBoolean("more")).isFalse();
        assertThat(rest.subjects("?limit=2&before=" + last)).containsExactly("a");
        assertThat(rest.subjects("?after=" + last)).containsExactly("c");
    }

    @Test
    void aMessageHasItsEnvelopeItsHeaderAndWhatIsInIt() {
        Mails.send(server, List.of("anne@example.org", "hidden@example.org"), """
                From: Bart <bart@example.org>
                To: anne@example.org
                Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=

                See https://example.org/x?a=1, the code is 482913.
                """);
        await("gr%C3%BC");

        JsonObject message = rest.get(rest.newest());

        assertThat(message.getString("subject")).isEqualTo("Grüße");
        assertThat(message.getString("from")).isEqualTo("bart@example.org");
        assertThat(message.getString("fromParameters")).isEqualTo("BODY=8BITMIME");
        assertThat(message.getJsonArray("to")).containsExactly("anne@example.org", "hidden@example.org");
        assertThat(message.getJsonArray("headers"))
                .contains(new JsonObject().put("name", "Subject").put("value", "Grüße"));
        assertThat(message.getString("text")).startsWith("See https");
        assertThat(message.getJsonArray("links")).isEqualTo(new JsonArray().add("https://example.org/x?a=1"));
        assertThat(message.getJsonArray("codes")).isEqualTo(new JsonArray().add("482913"));
        JsonObject session = message.getJsonObject("session");
        assertThat(session.getString("hostName")).isEqualTo("client.example.org");
        assertThat(session.containsKey("tls")).isFalse();
        assertThat(message.getJsonArray("transcript").stream().map(line -> ((JsonObject) line).getString("text")))
                .contains("EHLO client.example.org", "RCPT TO:<hidden@example.org>");
    }

    @Test
    void theSourceIsThereToTheOctet() throws Exception {
        Mails.send(server, "raw", "\u00e4\n.\n..\n");
        await("raw");

        HttpResponse<byte[]> raw = rest.octets(rest.newest() + "/raw");

        assertThat(new String(raw.body(), StandardCharsets.UTF_8))
                .isEqualTo("From: Bart <bart@example.org>\r\nSubject: raw\r\n\r\n\u00e4\r\n.\r\n..\r\n");
        assertThat(raw.headers().firstValue("Content-Type")).hasValue("message/rfc822");
        assertThat(raw.headers().firstValue("Content-Disposition").orElseThrow())
                .startsWith("attachment; filename=\"");
        assertThat(rest.call("GET", rest.newest() + "/text").body()).isEqualTo("\u00e4\n.\n..\n");
    }

    @ParameterizedTest
    @CsvSource({
        "report.pdf, application/pdf, report.pdf, application/pdf",
        "page.html, text/html, page.html, application/octet-stream",
        "x.svg, image/svg+xml, x.svg, application/octet-stream",
        "../../etc/passwd, text/plain, passwd, text/plain",
        "'..\\..\\boot.ini', text/plain, boot.ini, text/plain",
        ".bashrc, text/x-sh, _bashrc, application/octet-stream",
        "'a;filename=b.exe', image/png, 'a;filename=b.exe', image/png"
    })
    void anAttachmentIsStoredUnderASafeNameAndNeverShown(String name, String type, String safe, String safeType)
            throws Exception {
        Mails.send(
                server,
                List.of("anne@example.org"),
                Mails.html(
                        "file",
                        "<p>",
                        "Content-Type: " + type + "\nContent-Disposition: attachment; filename=\""
                                + name.replace("\\", "\\\\") + "\"\n\ncontent"));
        await("file");

        HttpResponse<byte[]> part = rest.octets(rest.newest() + "/parts/0");

        assertThat(part.headers().firstValue("Content-Type")).hasValue(safeType);
        assertThat(part.headers().firstValue("Content-Disposition").orElseThrow())
                .startsWith("attachment; filename=\"" + safe + "\"; filename*=UTF-8''");
        assertThat(new String(part.body(), StandardCharsets.UTF_8)).isEqualTo("content");
        assertThat(rest.call("GET", rest.newest() + "/parts/1").statusCode()).isEqualTo(404);
    }

    @Test
    void aNameCannotAddHeadersOrTurnItsDirection() {
        assertThat(Download.safe("a\r\nSet-Cookie: x=1\u202Egpj.exe")).isEqualTo("a__Set-Cookie_ x=1_gpj.exe");
        assertThat(Download.safe("")).isEqualTo("attachment");
        assertThat(Download.safe("x".repeat(5_000))).hasSize(120);
    }

    @Test
    void deletingTakesOneOrAll() {
        Mails.send(server, "one", "");
        Mails.send(server, "two", "");
        Mails.send(server, "three", "");
        await("three");

        assertThat(rest.call("DELETE", rest.newest()).body()).isEqualTo("{\"deleted\":1}");
        assertThat(rest.subjects("")).containsExactly("two", "one");
        assertThat(rest.call("DELETE", "/api/messages").body()).isEqualTo("{\"deleted\":2}");
        assertThat(rest.subjects("")).isEmpty();
        assertThat(server.inbox().messages()).as("a test keeps its own").hasSize(3);
    }

    @Test
    void waitingEndsWithTheMessageThatIsWaitedFor() {
        Mails.send(server, "before", "");
        String id = await("before").getString("id");
        CompletableFuture<HttpResponse<String>> waiting =
                rest.callAsync("GET", "/api/messages/wait?to=anne@example.org&subject=welcome&timeout=30&after=" + id);
        Mails.send(server, "another", "");
        Mails.send(server, "Welcome, Anne", "the text");

        JsonObject message = new JsonObject(waiting.join().body());

        assertThat(message.getString("subject")).isEqualTo("Welcome, Anne");
        assertThat(message.getString("text")).isEqualTo("the text\n");
    }

    @Test
    void waitingInVainIsToldAsSuch() {
        HttpResponse<String> answer = rest.call("GET", "/api/messages/wait?subject=never&timeout=0");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(new JsonObject(answer.body()).getString("error")).contains("within 0 s");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /api/messages/1795850470171-cbcd374c, 404",
        "GET, /api/messages/..%2F..%2Fetc%2Fpasswd, 404",
        "GET, /api/messages/1795850470171-cbcd374c/raw, 404",
        "DELETE, /api/messages/nothing, 404",
        "GET, /nothing, 404",
        "GET, /api/messages?limit=0, 400",
        "GET, /api/messages?limit=501, 400",
        "GET, /api/messages?limit=many, 400",
        "GET, /api/messages/wait?timeout=61, 400",
        "POST, /api/messages, 405",
        "PUT, /, 405"
    })
    void errorsAreJson(String method, String path, int status) {
        HttpResponse<String> answer = rest.call(method, path);
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json; charset=utf-8");
        assertThat(new JsonObject(answer.body()).getString("error")).isNotEmpty();
    }

    @Test
    void changesAreToldAsEvents() throws Exception {
        try (Stream<String> lines = rest.lines("/api/events").body()) {
            var events = lines.filter(line -> line.startsWith("event:") || line.startsWith("data:"))
                    .iterator();
            Mails.send(server, "live", "");
            assertThat(events.next()).isEqualTo("event: added");
            JsonObject added = new JsonObject(events.next().substring("data: ".length()));
            assertThat(added.getString("subject")).isEqualTo("live");
            rest.call("DELETE", rest.newest());
            assertThat(events.next()).isEqualTo("event: removed");
            assertThat(events.next()).contains(added.getString("id"));
            rest.call("DELETE", "/api/messages");
            assertThat(events.next()).isEqualTo("event: cleared");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/inbox.js", "/inbox.css", "/icon.svg", "/api/messages", "/nothing"})
    void everyAnswerSaysWhatABrowserMustNotDo(String path) {
        var headers = rest.call("GET", path).headers();
        assertThat(headers.firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none'")
                .contains("frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(headers.firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(headers.firstValue("Referrer-Policy")).hasValue("no-referrer");
        assertThat(headers.firstValue("Cross-Origin-Opener-Policy")).hasValue("same-origin");
        assertThat(headers.firstValue("Cross-Origin-Resource-Policy")).hasValue("same-origin");
        assertThat(headers.firstValue("Access-Control-Allow-Origin")).isEmpty();
        assertThat(headers.firstValue("Cache-Control")).hasValue("no-store");
    }

    @Test
    void htmlIsSentAsADocumentInASandbox() {
        Mails.send(server, List.of("anne@example.org"), Mails.html("sandbox", "<b>hello</b>"));
        await("sandbox");

        HttpResponse<String> html = rest.call("GET", rest.newest() + "/html");

        assertThat(html.body()).contains("<b>hello</b>");
        assertThat(html.headers().firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
                .contains("sandbox allow-popups")
                .doesNotContain("allow-scripts")
                .doesNotContain("allow-same-origin");
    }

    @Test
    void aNameThatSomebodyHasLedHereIsRefused() throws IOException {
        assertThat(rest.byName("attacker.example:" + page.port(), "/api/messages"))
                .startsWith("HTTP/1.1 421");
        assertThat(rest.byName("127.0.0.1.attacker.example", "/api/messages")).startsWith("HTTP/1.1 421");
        assertThat(rest.byName("localhost:" + page.port(), "/api/messages")).startsWith("HTTP/1.1 200");
        assertThat(rest.byName("[::1]:80", "/api/messages")).startsWith("HTTP/1.1 200");
        assertThat(rest.byName("192.0.2.1", "/api/messages")).startsWith("HTTP/1.1 200");
    }

    @Test
    void anotherPageCannotDelete() {
        Mails.send(server, "kept", "");
        await("kept");

        assertThat(rest.call("DELETE", "/api/messages", "Origin", "http://attacker.example")
                        .statusCode())
                .isEqualTo(403);
        assertThat(rest.call("DELETE", rest.newest(), "Origin", "null").statusCode())
                .isEqualTo(403);
        assertThat(rest.call("DELETE", rest.newest(), "Sec-Fetch-Site", "cross-site")
                        .statusCode())
                .isEqualTo(403);
        assertThat(rest.call("DELETE", rest.newest(), "Sec-Fetch-Site", "same-site")
                        .statusCode())
                .isEqualTo(403);
        assertThat(rest.subjects("")).containsExactly("kept");
        String own = page.url().toString().replaceAll("/$", "");
        assertThat(rest.call("DELETE", rest.newest(), "Origin", own, "Sec-Fetch-Site", "same-origin")
                        .statusCode())
                .isEqualTo(200);
    }
}
