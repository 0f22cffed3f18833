package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.cli.CommandBench.Outcome;
import io.plumbline.cli.embedded.EmbeddedKafka;
import io.plumbline.cli.stage.ToyKernel;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The commands that speak to a Kafka that is there already: one broker for all, in this order. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KafkaCommandsTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofMillis(500);

  @TempDir private static Path folder;
  private static EmbeddedKafka kafka;
  private static CommandBench bench;
  private static Path recording;

  @BeforeAll
  static void start() throws Exception {
    kafka = EmbeddedKafka.start(Files.createDirectories(folder.resolve("kafka")));
    bench = new CommandBench(folder);
    new SignatureStore(bench.store()).add(ToyKernel.signature());
    recording = folder.resolve("toy.avro");
    ToyImage clean = ToyImage.write(ToyKernel.clean(), folder, "clean");
    ToyImage hooked = ToyImage.write(ToyKernel.hookedGate(14), folder, "hooked");
    Outcome recorded =
        bench.run(
            ("record " + clean.image() + " " + hooked.image() + " --registers " + clean.registers())
                .concat(" --registers " + hooked.registers() + " --vm toy --out " + recording)
                .split(" "));
    assertThat(recorded.exit()).as(recorded.err()).isZero();
  }

  @AfterAll
  static void stop() {
    kafka.close();
  }

  @Test
  @Order(1)
  void withoutTopicsEveryCommandSaysWhichIsMissing() {
    failed(kafka("signatures announce"), 5, "plumbline.signatures", "--create-topics");
    failed(kafka("replay " + recording), 5, "plumbline.observations", "--create-topics");
    failed(kafka("fleet list"), 5, "plumbline.identities", "--create-topics");
    failed(
        kafka("run --checkpoints " + folder.resolve("checkpoints")),
        5,
        "plumbline.observations",
        "--create-topics");
  }

  @Test
  @Order(2)
  void aBrokerThatIsNotThereEndsWith5() throws IOException {
    String nobody = "127.0.0.1:" + freePort();
    for (String command : List.of("replay " + recording, "findings list", "signatures announce")) {
      failed(bench.run((command + " --patience 1 --brokers " + nobody).split(" ")), 5, nobody);
    }
    failed(bench.run("fleet list --brokers nowhere.invalid:9092".split(" ")), 5, "nowhere.invalid");
  }

  @Test
  @Order(3)
  void aRegistryThatIsNotThereEndsWith5AndNothingIsPublished() throws IOException {
    String nobody = "http://127.0.0.1:" + freePort();
    String rest = " --create-topics --patience 2 --registry " + nobody;
    failed(kafka("signatures announce" + rest), 5, "schema registry", nobody);
    failed(kafka("replay " + recording + rest), 5, "schema registry", nobody);
    failed(
        kafka("run --checkpoints " + folder.resolve("checkpoints") + " --registry " + nobody),
        5,
        "schema registry",
        nobody);
    assertThat(kafka("fleet list -o json").out()).isEqualToIgnoringWhitespace("[]");
  }

  @Test
  @Order(4)
  void wrongSettingsAreAllNamedAtOnce() {
    failed(
        kafka("run --parallelism 0 --backend floppy"),
        2,
        "parallelism",
        "state.backend",
        "checkpoint.directory");
    failed(kafka("replay " + recording + " --registry ftp://somewhere"), 2, "--registry");
    failed(kafka("replay " + recording + " --pace -1"), 2, "--pace");
    failed(kafka("replay " + recording + " " + recording + " --as one"), 2, "--as");
    failed(kafka("replay " + recording + " " + recording), 2, "toy, toy");
    failed(kafka("replay " + recording + " --patience 0"), 2, "--patience");
  }

  @Test
  @Order(5)
  void aReplayedGuestIsJudgedByTheRunningJobAndShownUntilItIsInterrupted() throws Exception {
    assertThat(json(kafka("signatures announce")).path("announced").asInt()).isEqualTo(1);
    Path settings =
        Files.writeString(
            folder.resolve("job.properties"),
            "kafka.bootstrap-servers=%s%nstate.backend=rocksdb%nweb.port=0%n"
                .formatted(kafka.bootstrapServers()));
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    String run =
        "run --config " + settings + " --backend hashmap --checkpoints " + folder.resolve("kept");
    FutureTask<Integer> job =
        new FutureTask<>(() -> Plumbline.run(bench.shell(said, said), run.split(" ")));
    Thread thread = new Thread(job, "run");
    thread.start();
    await("the job runs", () -> said.toString(StandardCharsets.UTF_8), t -> t.contains("webUi"));

    sendUndecodable("plumbline.observations");
    JsonNode replayed = json(kafka("replay " + recording + " --as renamed --epoch 7"));
    assertThat(replayed.path("vms").path(0).asText()).isEqualTo("renamed");
    assertThat(replayed.path("rounds").asInt()).isEqualTo(2);
    assertThat(kafka("replay " + recording).exit()).isZero();

    await("both are judged", () -> kafka("fleet list").out(), t -> t.split("violated").length == 3);
    fleetAndFindingsAreShown();
    assertThat(job.isDone()).as("a record that nobody can read does not end the job").isFalse();

    thread.interrupt();
    assertThat(job.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(130);
    assertThat(said.toString(StandardCharsets.UTF_8)).contains("plumbline: interrupted");
  }

  @Test
  @Order(6)
  void aCollectorPublishesItsGuestsUntilItIsInterrupted() throws Exception {
    Path settings =
        Files.writeString(
            folder.resolve("collect.json"),
            """
            {"brokers": "%s", "host": "host-1", "interval": "PT0.2S", "vms": [
              {"id": "collected", "image": "clean.lime", "registers": "clean.json"}]}
            """
                .formatted(kafka.bootstrapServers()));
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    FutureTask<Integer> collecting =
        new FutureTask<>(
            () ->
                Plumbline.run(bench.shell(said, said), "collect", "--config", settings.toString()));
    Thread thread = new Thread(collecting, "collect");
    thread.start();
    await("a round", () -> said.toString(StandardCharsets.UTF_8), t -> t.contains("collected"));
    thread.interrupt();
    assertThat(collecting.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(130);

    Path wrong = Files.writeString(folder.resolve("wrong.json"), "{\"broker\": 1}");
    failed(bench.run("collect", "--config", wrong.toString()), 2, "broker: no such setting");
  }

  @Test
  @Order(7)
  void whatCannotBeReadIsSaidAndNeverTakenForNothing() throws Exception {
    sendUndecodable("plumbline.findings");
    for (String command : List.of("fleet list -o table", "findings list -o table")) {
      Outcome listed = kafka(command);
      assertThat(listed.exit()).as(listed.err()).isEqualTo(4);
      assertThat(listed.out()).contains("toy");
      assertThat(listed.err()).contains("plumbline.findings-", "offset", "--registry");
    }
    assertThat(kafka("fleet show toy").exit()).as("a violation stays one").isEqualTo(1);
  }

  private void fleetAndFindingsAreShown() throws IOException {
    Outcome shown = kafka("fleet show renamed");
    assertThat(shown.exit()).isEqualTo(1);
    assertThat(json(shown).path("build").asText()).isEqualTo(ToyKernel.BUILD);
    JsonNode finding = json(shown).path("findings").path(0);
    assertThat(finding.path("type").asText()).isEqualTo("unexpected_interrupt_handler");
    assertThat(kafka("fleet list -o table").out())
        .containsPattern("VM +BUILD +IDENTITY +TRUST +OPEN +REACHED +CAPTURED")
        .containsPattern("toy +toy-1.0 +exact +violated +1 ");

    JsonNode listed = json(kafka("findings list --vm toy"));
    assertThat(listed).hasSize(1);
    String uid = listed.path(0).path("uid").asText();
    assertThat(json(kafka("findings show " + uid)).path("vm").asText()).isEqualTo("toy");
    assertThat(kafka("findings list -o jsonl").out().lines()).hasSize(2);
    failed(kafka("findings show no-such-uid"), 3, "no-such-uid");
    failed(kafka("fleet show nobody"), 3, "nobody");
  }

  /** A schema number that no registry knows. */
  private static void sendUndecodable(String topic) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      byte[] wrongSchema = {0, 0x7f, 1, 2, 3, 4, 5};
      producer
          .send(new ProducerRecord<>(topic, new byte[] {'x'}, wrongSchema))
          .get(30, TimeUnit.SECONDS);
    }
  }

  private static void await(String what, Saying saying, Predicate<String> enough)
      throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    String last = saying.now();
    while (!enough.test(last)) {
      assertThat(System.nanoTime() - deadline).as("%s; last: %s", what, last).isNegative();
      Thread.sleep(LOOK.toMillis());
      last = saying.now();
    }
  }

  private interface Saying {
    String now();
  }

  private static Outcome kafka(String command) {
    return bench.run((command + " --brokers " + kafka.bootstrapServers()).split(" "));
  }

  private static JsonNode json(Outcome outcome) throws IOException {
    assertThat(outcome.out()).as(outcome.err()).isNotEmpty();
    return new ObjectMapper().readTree(outcome.out());
  }

  private static void failed(Outcome outcome, int exit, String... named) {
    assertThat(outcome.exit()).as(outcome.err()).isEqualTo(exit);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.complaints()).hasSize(1);
    assertThat(outcome.err()).startsWith("plumbline: ").contains(named);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
