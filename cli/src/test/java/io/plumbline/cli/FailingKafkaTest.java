package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.plumbline.cli.CommandBench.Outcome;
import io.plumbline.cli.embedded.EmbeddedKafka;
import io.plumbline.cli.stage.ToyKernel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A registry and a broker at their worst: one broker for all, in this order; the last ends it. */
@Timeout(120)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FailingKafkaTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private static Path folder;
  private static EmbeddedKafka kafka;
  private static CommandBench bench;
  private static Path recording;

  @BeforeAll
  static void start() throws Exception {
    kafka = EmbeddedKafka.start(Files.createDirectories(folder.resolve("kafka")));
    bench = new CommandBench(folder);
    recording = folder.resolve("toy.avro");
    ToyImage clean = ToyImage.write(ToyKernel.clean(), folder, "clean");
    String images = (clean.image() + " ").repeat(9);
    String registers = (" --registers " + clean.registers()).repeat(9);
    Outcome recorded =
        bench.run(
            ("record " + images + registers.strip() + " --vm toy --out " + recording).split(" "));
    assertThat(recorded.exit()).as(recorded.err()).isZero();
    assertThat(kafka("fleet list --create-topics").exit()).isZero();
  }

  @Test
  @Order(1)
  void aRegistryThatRefusesBabblesOrHangsEndsWith5() throws IOException {
    Map<String, Answer> answers =
        Map.of(
            "expected status 200, found 409: {\"message\":\"incompatible\"}",
            new Answer(409, "{\"message\":\"incompatible\"}"),
            "expected status 200, found 500: out of order",
            new Answer(500, "out of order"),
            "expected JSON, found <html>",
            new Answer(200, "<html>\nno registry</html>"),
            "expected a number as id, found \"one\"",
            new Answer(200, "{\"id\":\"one\"}"),
            "no answer within 1000 ms",
            new Answer(0, ""));
    for (Map.Entry<String, Answer> each : answers.entrySet()) {
      HttpServer server = server(each.getValue());
      try {
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        String rest = " --patience 1 --registry " + url;
        failed(kafka("replay " + recording + rest), 5, url, each.getKey());
      } finally {
        server.stop(0);
      }
    }
  }

  @Test
  @Order(2)
  void foreignBytesAmongTheResultsAreToldAndHideNothing() throws Exception {
    byte[][] strange = {{}, {1, 2, 3}, {0, 0, 0, 0, 99, 1}, {0, 0, 0, 0, 4}, new byte[200_000]};
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (String topic : List.of("plumbline.trust", "plumbline.findings")) {
        for (byte[] each : strange) {
          byte[] key = {(byte) 0xff};
          producer.send(new ProducerRecord<>(topic, key, each)).get(30, TimeUnit.SECONDS);
        }
      }
    }
    for (String command : List.of("fleet list", "findings list")) {
      Outcome outcome = kafka(command);
      assertThat(outcome.exit()).as(outcome.err()).isEqualTo(4);
      assertThat(outcome.out()).isEqualToIgnoringWhitespace("[]");
      assertThat(outcome.complaints()).hasSize(1);
      assertThat(outcome.err())
          .contains("cannot be read and are missing here: 10, the first plumbline.")
          .doesNotContain("Exception");
    }
  }

  @Test
  @Order(3)
  void aBrokerThatDiesEndsReplayAndCollectorWith5AndNothingUnpublishedIsTold() throws Exception {
    Path settings =
        Files.writeString(
            folder.resolve("collect.json"),
            """
            {"brokers": "%s", "host": "host-1", "interval": "PT0.2S", "patience": "PT2S", "vms": [
              {"id": "collected", "image": "clean.lime", "registers": "clean.json"}]}
            """
                .formatted(kafka.bootstrapServers()));
    Running collecting = new Running("collect --config " + settings);
    Running replaying =
        new Running(
            "replay "
                + recording
                + " --pace 1500 --patience 2 --brokers "
                + kafka.bootstrapServers());
    collecting.awaitData("collected");
    kafka.close();
    // In one step, as whoever saves a guest should: half an image would be told as such.
    Files.move(
        ToyImage.write(ToyKernel.hookedGate(14), folder, "hooked").image(),
        folder.resolve("clean.lime"),
        StandardCopyOption.ATOMIC_MOVE);
    failed(collecting.end(), 5, kafka.bootstrapServers(), "of collected was not taken");
    failed(replaying.end(), 5, kafka.bootstrapServers(), "of toy was not taken");
    assertThat(collecting.data())
        .as("one round was taken")
        .containsOnlyOnce("\"vm\" : \"collected\"");
    assertThat(replaying.data()).isEmpty();
  }

  private record Answer(int status, String body) {}

  /** A command in a thread of its own, of which its data are read apart. */
  private static final class Running {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final FutureTask<Integer> exit;

    Running(String command) {
      exit = new FutureTask<>(() -> Plumbline.run(bench.shell(out, err), command.split(" ")));
      new Thread(exit, command).start();
    }

    String data() {
      return out.toString(StandardCharsets.UTF_8);
    }

    void awaitData(String expected) throws InterruptedException {
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (!data().contains(expected)) {
        assertThat(System.nanoTime() - deadline)
            .as(err.toString(StandardCharsets.UTF_8))
            .isNegative();
        Thread.sleep(100);
      }
    }

    /** How it ended; the data are left out. */
    Outcome end() throws Exception {
      int code = exit.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      return new Outcome(code, "", err.toString(StandardCharsets.UTF_8));
    }
  }

  /** Answers everything alike; status 0 is silence. */
  private static HttpServer server(Answer answer) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          if (answer.status() != 0) {
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
          }
        });
    server.start();
    return server;
  }

  private static Outcome kafka(String command) {
    return bench.run((command + " --brokers " + kafka.bootstrapServers()).split(" "));
  }

  private static void failed(Outcome outcome, int exit, String... named) {
    assertThat(outcome.exit()).as(outcome.err()).isEqualTo(exit);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.complaints()).hasSize(1);
    assertThat(outcome.err()).startsWith("plumbline: ").contains(named).doesNotContain("Exception");
  }
}
