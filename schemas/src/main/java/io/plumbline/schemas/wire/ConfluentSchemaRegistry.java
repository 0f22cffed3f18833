package io.plumbline.schemas.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;

/**
 * A registry that speaks Confluent's REST API (version 1 of its media type), of which three calls
 * are needed: {@code POST /subjects/S/versions}, {@code GET /schemas/ids/N}, and {@code /config/S}
 * for the compatibility that a subject's next schema must have. Answers are kept for good, since
 * neither a number nor a schema ever changes; every call ends within the timeout, even if the
 * server accepts and then says nothing.
 *
 * <p>Some registries take any schema unless they are told otherwise. So a subject that has no level
 * of its own gets {@link #COMPATIBILITY} before its first schema; one that somebody set stays.
 */
public final class ConfluentSchemaRegistry implements SchemaRegistry {
  private static final String MEDIA_TYPE = "application/vnd.schemaregistry.v1+json";
  private static final int LONGEST_QUOTE = 200;

  /** Old readers read what new writers write, and new readers what old ones wrote. */
  private static final String COMPATIBILITY = "FULL";

  /** A schema of ours is a few KiB. */
  private static final int MOST_ANSWER_BYTES = 4 << 20;

  private final String base;
  private final Duration timeout;
  private final HttpClient http;
  private final ObjectMapper json = new ObjectMapper();
  private final Map<Numbered, Integer> ids = new ConcurrentHashMap<>();
  private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();

  private record Numbered(String subject, Schema schema) {}

  /**
   * A client of the registry at {@code base}; nothing is sent yet.
   *
   * @param base the API's root, such as http://registry:8081; a user and a password in it are not
   *     sent and appear in no message
   * @param timeout the longest that any one call may take
   */
  public ConfluentSchemaRegistry(URI base, Duration timeout) {
    if (timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException("registry timeout: expected above 0, found " + timeout);
    }
    this.base = base.toString().replaceFirst("//[^/@]*@", "//").replaceAll("/+$", "");
    this.timeout = timeout;
    this.http = HttpClient.newBuilder().connectTimeout(timeout).build();
  }

  @Override
  public int idOf(String subject, Schema schema) throws SchemaRegistryException {
    Numbered key = new Numbered(subject, schema);
    Integer known = ids.get(key);
    if (known != null) {
      return known;
    }
    String name = URLEncoder.encode(subject, StandardCharsets.UTF_8);
    setCompatibility("/config/" + name);
    String path = "/subjects/" + name + "/versions";
    String body = json.createObjectNode().put("schema", schema.toString()).toString();
    JsonNode id =
        answer(
                "POST " + base + path,
                request(path)
                    .header("Content-Type", MEDIA_TYPE)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build())
            .path("id");
    if (!id.canConvertToInt() || !id.isIntegralNumber()) {
      throw new SchemaRegistryException(
          "schema registry: POST " + base + path + ": expected a number as id, found " + id);
    }
    ids.put(key, id.intValue());
    return id.intValue();
  }

  @Override
  public Schema byId(int id) throws SchemaRegistryException {
    Schema known = schemas.get(id);
    if (known != null) {
      return known;
    }
    if (id < 0) {
      throw new UnknownSchemaException(
          "schema registry: expected the number of a schema, 0 or more, found " + id);
    }
    String path = "/schemas/ids/" + id;
    String what = "GET " + base + path;
    JsonNode text = answer(what, request(path).GET().build()).path("schema");
    String complaint =
        "schema registry: " + what + ": expected an Avro schema, found " + quote(text.toString());
    if (!text.isTextual()) {
      throw new SchemaRegistryException(complaint);
    }
    try {
      Schema schema = new Schema.Parser().parse(text.asText());
      schemas.put(id, schema);
      return schema;
    } catch (AvroRuntimeException e) {
      // A registry of many teams holds schemas of other languages too: whoever sent a record with
      // the number of one is at fault, and asking again will not help.
      throw new UnknownSchemaException(complaint, e);
    }
  }

  private void setCompatibility(String path) throws SchemaRegistryException {
    try {
      answer("GET " + base + path, request(path).GET().build());
    } catch (UnknownSchemaException e) { // the subject has no level of its own
      String body = json.createObjectNode().put("compatibility", COMPATIBILITY).toString();
      answer(
          "PUT " + base + path,
          request(path)
              .header("Content-Type", MEDIA_TYPE)
              .PUT(HttpRequest.BodyPublishers.ofString(body))
              .build());
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path))
        .timeout(timeout)
        .header("Accept", MEDIA_TYPE + ", application/json");
  }

  private JsonNode answer(String what, HttpRequest request) throws SchemaRegistryException {
    HttpResponse<String> response = send(what, request);
    if (response.statusCode() == 404 && request.method().equals("GET")) {
      throw new UnknownSchemaException(
          "schema registry: " + what + ": no such schema: " + quote(response.body()));
    }
    if (response.statusCode() != 200) {
      throw new SchemaRegistryException(
          String.format(
              "schema registry: %s: expected status 200, found %d: %s",
              what, response.statusCode(), quote(response.body())));
    }
    try {
      return json.readTree(response.body());
    } catch (JsonProcessingException e) {
      throw new SchemaRegistryException(
          "schema registry: " + what + ": expected JSON, found " + quote(response.body()), e);
    }
  }

  /** The request's own timeout ends with the answer's first line; this one covers the body too. */
  private HttpResponse<String> send(String what, HttpRequest request)
      throws SchemaRegistryException {
    CompletableFuture<HttpResponse<String>> response =
        http.sendAsync(request, headers -> new LimitedText(MOST_ANSWER_BYTES));
    try {
      return response.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      response.cancel(true);
      throw unanswered(what, e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HttpTimeoutException) { // the client's own clock may be first
        throw unanswered(what, e.getCause());
      }
      throw new SchemaRegistryException(
          "schema registry: " + what + ": unreachable: " + reason(e.getCause()), e.getCause());
    } catch (InterruptedException e) {
      response.cancel(true);
      Thread.currentThread().interrupt();
      throw new SchemaRegistryException("schema registry: " + what + ": interrupted", e);
    }
  }

  private SchemaRegistryException unanswered(String what, Throwable cause) {
    return new SchemaRegistryException(
        "schema registry: " + what + ": no answer within " + timeout.toMillis() + " ms", cause);
  }

  /** The HTTP client's exceptions often say nothing but their class. */
  private static String reason(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof UnresolvedAddressException) {
        return "the host has no known address";
      }
    }
    return failure.getMessage() == null ? "no connection" : quote(failure.getMessage());
  }

  private static String quote(String text) {
    String line = text.replaceAll("\\s+", " ");
    return line.length() <= LONGEST_QUOTE ? line : line.substring(0, LONGEST_QUOTE) + "...";
  }
}
