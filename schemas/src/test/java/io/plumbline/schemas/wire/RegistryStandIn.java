package io.plumbline.schemas.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Confluent's two calls in this process, with faults on demand. */
final class RegistryStandIn implements AutoCloseable {
  /** How it answers. */
  enum Mood {
    HELPFUL,
    REFUSING,
    BABBLING,
    SPEAKING_ANOTHER_LANGUAGE,
    WITHOUT_AN_ANSWER,
    ENDLESS,
    SILENT,
    SILENT_AFTER_THE_FIRST_LINE
  }

  private final ObjectMapper json = new ObjectMapper();
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final List<String> schemas = new ArrayList<>();
  private final List<String> requests = new ArrayList<>();
  private final Map<String, String> levels = new HashMap<>();
  private volatile Mood mood = Mood.HELPFUL;

  RegistryStandIn() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
  }

  /** What was set for a subject as it came; null if nothing was. */
  synchronized String level(String subject) {
    return levels.get("/config/" + subject);
  }

  synchronized void set(String subject, String level) {
    levels.put("/config/" + subject, level);
  }

  void feel(Mood next) {
    mood = next;
  }

  synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String request = exchange.getRequestMethod() + " " + exchange.getRequestURI().getRawPath();
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      switch (mood) {
        case HELPFUL -> helpful(exchange, request, body);
        case REFUSING -> send(exchange, 409, "{\"error_code\":409,\"message\":\"incompatible\"}");
        case BABBLING -> send(exchange, 200, "<html>\nno registry here</html>");
        case SPEAKING_ANOTHER_LANGUAGE ->
            send(
                exchange,
                200,
                "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"type\\\":\\\"object\\\"}\"}");
        case WITHOUT_AN_ANSWER -> send(exchange, 200, "{}");
        case ENDLESS -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] chunk = new byte[1 << 16];
          while (closing.getCount() > 0) {
            exchange.getResponseBody().write(chunk);
          }
        }
        case SILENT -> awaitClose();
        case SILENT_AFTER_THE_FIRST_LINE -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write('{');
          exchange.getResponseBody().flush();
          awaitClose();
        }
      }
    }
  }

  private synchronized void helpful(HttpExchange exchange, String request, String body)
      throws IOException {
    requests.add(request);
    if (request.startsWith("POST /subjects/") && request.endsWith("/versions")) {
      JsonNode schema = json.readTree(body).path("schema");
      if (!schemas.contains(schema.asText())) {
        schemas.add(schema.asText());
      }
      send(exchange, 200, "{\"id\":" + (100 + schemas.indexOf(schema.asText())) + "}");
      return;
    }
    if (request.startsWith("PUT /config/")) {
      levels.put(request.substring("PUT ".length()), body);
      send(exchange, 200, body);
      return;
    }
    if (request.startsWith("GET /config/")) {
      String level = levels.get(request.substring("GET ".length()));
      String unset = "{\"error_code\":40408,\"message\":\"no subject-level compatibility\"}";
      send(exchange, level == null ? 404 : 200, level == null ? unset : level);
      return;
    }
    int index = Integer.parseInt(request.substring(request.lastIndexOf('/') + 1)) - 100;
    if (!request.startsWith("GET /schemas/ids/") || index < 0 || index >= schemas.size()) {
      send(exchange, 404, "{\"error_code\":40403,\"message\":\"Schema not found\"}");
    } else {
      send(exchange, 200, json.createObjectNode().put("schema", schemas.get(index)).toString());
    }
  }

  private void awaitClose() {
    try {
      closing.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
