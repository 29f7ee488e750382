package io.postern.smtp.testkit.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** A client of a page that is no browser. */
final class Rest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI page;

    Rest(URI page) {
        this.page = page;
    }

    HttpResponse<String> call(String method, String path, String... headers) {
        return callAsync(method, path, headers).join();
    }

    CompletableFuture<HttpResponse<String>> callAsync(String method, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(page.resolve(path))
                .timeout(PATIENCE)
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.sendAsync(request.build(), BodyHandlers.ofString());
    }

    HttpResponse<byte[]> octets(String path) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(page.resolve(path)).build(), BodyHandlers.ofByteArray());
    }

    HttpResponse<Stream<String>> lines(String path) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(page.resolve(path)).build(), BodyHandlers.ofLines());
    }

    JsonObject get(String path) {
        HttpResponse<String> response = call("GET", path);
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        return new JsonObject(response.body());
    }

    /** The subjects in the list, the newest first. */
    List<String> subjects(String query) {
        JsonArray messages = get("/api/messages" + query).getJsonArray("messages");
        return messages.stream()
                .map(message -> ((JsonObject) message).getString("subject"))
                .toList();
    }

    /** The path of the newest message. */
    String newest() {
        return "/api/messages/"
                + get("/api/messages").getJsonArray("messages").getJsonObject(0).getString("id");
    }

    /** An answer to a request by another name, which the JDK's client cannot make. */
    String byName(String host, String path) throws IOException {
        try (Socket socket = new Socket(page.getHost(), page.getPort())) {
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
