package io.plumbline.cli.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a Flink cluster's REST API tells of the one job that it runs. */
final class ClusterNumbers {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Longer than counters may be old that are told. */
  private static final Duration GATHERING = Duration.ofSeconds(3);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();

  private final URI api;

  ClusterNumbers(URI api) {
    this.api = api;
  }

  /**
   * Has the cluster gather its counters, which it does in the background when it is asked: until
   * then it tells those of the last time.
   */
  void refresh() throws IOException, InterruptedException {
    counter("");
    Thread.sleep(GATHERING.toMillis());
  }

  /**
   * The sum over all instances of the operators' counter whose name ends so, 0 if there is none.
   */
  long counter(String end) throws IOException, InterruptedException {
    long sum = 0;
    String job = "/jobs/" + job();
    for (JsonNode vertex : ask(job).path("vertices")) {
      String metrics = job + "/vertices/" + vertex.path("id").asText() + "/subtasks/metrics";
      List<String> names = new ArrayList<>();
      for (JsonNode metric : ask(metrics)) {
        String name = metric.path("id").asText();
        if (name.endsWith("." + end)) {
          names.add(name);
        }
      }
      for (String name : names) {
        for (JsonNode value : ask(metrics + "?agg=sum&get=" + name)) {
          sum += Math.round(value.path("sum").asDouble());
        }
      }
    }
    return sum;
  }

  /** Bytes of the newest checkpoint, 0 if there is none yet. */
  long checkpointBytes() throws IOException, InterruptedException {
    return ask("/jobs/" + job() + "/checkpoints")
        .path("latest")
        .path("completed")
        .path("state_size")
        .asLong();
  }

  private String job() throws IOException, InterruptedException {
    JsonNode jobs = ask("/jobs/overview").path("jobs");
    if (jobs.size() != 1) {
      throw new IOException(api + ": expected one job, found " + jobs.size());
    }
    return jobs.get(0).path("jid").asText();
  }

  private JsonNode ask(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(api.resolve(path)).timeout(PATIENCE).build();
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(api + path + ": expected status 200, found " + answer.statusCode());
    }
    return JSON.readTree(answer.body());
  }
}
