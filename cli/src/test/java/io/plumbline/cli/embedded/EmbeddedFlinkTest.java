package io.plumbline.cli.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedFlinkTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void theWebUiAnswersOnTheLoopbackInterface(@TempDir Path folder) throws Exception {
    try (EmbeddedFlink flink = EmbeddedFlink.start(folder, 1)) {
      assertThat(flink.webUi().getHost()).isEqualTo("127.0.0.1");
      HttpResponse<String> page =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(flink.webUi()).timeout(LIMIT).build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.body()).contains("<html");
    }
  }

  @Test
  void aJobRunsUntilItIsCancelledAndANextOneCanFollow(@TempDir Path folder) throws Exception {
    try (EmbeddedFlink flink = EmbeddedFlink.start(folder, 1)) {
      for (int round = 0; round < 2; round++) {
        EmbeddedJob job = flink.submit(endless(value -> value), "endless");
        job.awaitRunning(LIMIT);
        assertThat(job.failure()).isEmpty();
        job.cancel();
      }
    }
  }

  @Test
  void aJobThatFailsSaysWhy(@TempDir Path folder) throws Exception {
    try (EmbeddedFlink flink = EmbeddedFlink.start(folder, 1)) {
      EmbeddedJob job =
          flink.submit(
              endless(
                  value -> {
                    throw new IllegalStateException("the moon is full");
                  }),
              "doomed");
      assertThatThrownBy(
              () -> {
                job.awaitRunning(LIMIT);
                while (job.failure().isEmpty()) {
                  Thread.sleep(50);
                }
                throw new IOException(job.failure().orElseThrow());
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the moon is full");
    }
  }

  private static StreamExecutionEnvironment endless(MapFunction<Long, Long> step) {
    Configuration configuration = new Configuration();
    configuration.setString("restart-strategy.type", "none");
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(1);
    environment.fromSequence(0, Long.MAX_VALUE).map(step).sinkTo(new DiscardingSink<>());
    return environment;
  }
}
