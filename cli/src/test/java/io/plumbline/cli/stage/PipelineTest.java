package io.plumbline.cli.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.cli.embedded.EmbeddedJob;
import io.plumbline.cli.results.Fleet;
import io.plumbline.cli.results.Result;
import io.plumbline.cli.results.VmFinding;
import io.plumbline.cli.results.VmIdentity;
import io.plumbline.cli.results.VmTrust;
import io.plumbline.cli.wire.ResultTopics;
import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.KernelFrames;
import io.plumbline.ingest.publish.ObservationPublisher;
import io.plumbline.ingest.publish.PublisherSettings;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.signaturestore.keep.SignatureStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From guests through an in-process Kafka and Flink to identities and alerts. */
class PipelineTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final EmbeddedSchemaRegistry REGISTRY = new EmbeddedSchemaRegistry();

  @TempDir private Path folder;
  private long seconds;

  @Test
  void aTamperedRoundAlertsAndACleanOneIsSilent() throws Exception {
    try (Closing closing = new Closing()) {
      Stage stage = stage(closing, Duration.ofSeconds(1));
      stage.analyse(Optional.empty());
      try (ObservationPublisher publisher = publisher(stage)) {
        CaptureRounds rounds = rounds("vm-1");
        capture(rounds, ToyKernel.clean(), publisher);
        capture(rounds, ToyKernel.clean(), publisher);
        capture(rounds, ToyKernel.hookedGate(14), publisher);
        capture(rounds, ToyKernel.clean(), publisher);
        publisher.flush();
      }
      awaitVerdicts(stage);
      List<Result> results = results(stage);

      Fleet fleet = new Fleet();
      results.forEach(fleet::apply);
      assertThat(fleet.identity("vm-1").flatMap(VmIdentity::build)).contains(ToyKernel.BUILD);
      assertThat(fleet.trust("vm-1").map(VmTrust::state)).contains("trusted");
      assertThat(findings(results))
          .extracting(VmFinding::round, VmFinding::activity, VmFinding::type)
          .containsExactly(
              tuple(2L, "open", "unexpected_interrupt_handler"),
              tuple(3L, "close", "unexpected_interrupt_handler"));
    }
  }

  @Test
  void aJobKilledBetweenTwoCheckpointsFindsEveryFindingExactlyOnceByUid() throws Exception {
    try (Closing closing = new Closing()) {
      Stage stage = stage(closing, Duration.ofDays(1));
      EmbeddedJob first = stage.analyse(Optional.empty());
      try (ObservationPublisher publisher = publisher(stage)) {
        CaptureRounds rounds = rounds("vm-1");
        capture(rounds, ToyKernel.clean(), publisher);
        publisher.flush();
        String checkpoint = awaitVerdicts(stage, first);

        capture(rounds, ToyKernel.hookedGate(14), publisher);
        capture(rounds, ToyKernel.hookedLstar(), publisher);
        publisher.flush();
        awaitFindings(stage, 2);
        first.cancel();

        EmbeddedJob second = stage.analyse(Optional.of(checkpoint));
        capture(rounds, ToyKernel.hookedGate(6), publisher);
        publisher.flush();
        awaitVerdicts(stage, second);
        assertThat(second.failure()).isEmpty();
      }
      List<VmFinding> opened = findings(results(stage)).stream().filter(VmFinding::open).toList();
      assertThat(opened.stream().map(VmFinding::uid).distinct()).hasSize(3);
      assertThat(opened).as("the second job said what the first had said").hasSizeGreaterThan(3);
      Fleet fleet = new Fleet();
      long news = opened.stream().filter(fleet::apply).count();
      assertThat(news).as("findings that are new by uid").isEqualTo(3);
    }
  }

  private Stage stage(Closing closing, Duration checkpoints) throws Exception {
    SignatureStore store = new SignatureStore(folder.resolve("signatures"));
    store.add(ToyKernel.signature());
    Stage stage = Stage.raise(closing, folder.resolve("signatures"), checkpoints);
    assertThat(Announcing.announce(store, stage.broker(), REGISTRY, START)).isEqualTo(1);
    return stage;
  }

  private static ObservationPublisher publisher(Stage stage) throws Exception {
    return new ObservationPublisher(PublisherSettings.of(stage.broker().address()), REGISTRY);
  }

  private static CaptureRounds rounds(String vmId) {
    return new CaptureRounds(
        new CapturedVm(vmId, "host-1", START.toEpochMilli()),
        new KernelFrames(ExplorationBudget.STANDARD),
        1 << 20);
  }

  private void capture(CaptureRounds rounds, SyntheticGuest guest, ObservationPublisher publisher)
      throws Exception {
    rounds.capture(guest.pages(), List.of(guest.vcpu()), START.plusSeconds(seconds++), publisher);
  }

  private static void awaitVerdicts(Stage stage) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (stage.backlog() > 0) {
      assertThat(System.nanoTime() - deadline).as("nanoseconds over the limit").isNegative();
      Thread.sleep(100);
    }
  }

  /** Takes checkpoints until one covers everything published; where that one lies. */
  private static String awaitVerdicts(Stage stage, EmbeddedJob job) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    String checkpoint = job.checkpoint();
    while (stage.backlog() > 0) {
      assertThat(System.nanoTime() - deadline).as("nanoseconds over the limit").isNegative();
      Thread.sleep(100);
      checkpoint = job.checkpoint();
    }
    return checkpoint;
  }

  private static void awaitFindings(Stage stage, int uids) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (findings(results(stage)).stream().map(VmFinding::uid).distinct().count() < uids) {
      assertThat(System.nanoTime() - deadline).as("nanoseconds over the limit").isNegative();
      Thread.sleep(100);
    }
  }

  private static List<Result> results(Stage stage) throws Exception {
    try (ResultTopics topics = ResultTopics.open(stage.broker().properties(), REGISTRY)) {
      return topics.readToEnd();
    }
  }

  private static List<VmFinding> findings(List<Result> results) {
    List<VmFinding> findings = new ArrayList<>();
    for (Result result : results) {
      if (result instanceof VmFinding finding) {
        findings.add(finding);
      }
    }
    return findings;
  }
}
