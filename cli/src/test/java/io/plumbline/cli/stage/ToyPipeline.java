package io.plumbline.cli.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.cli.embedded.EmbeddedJob;
import io.plumbline.cli.results.Result;
import io.plumbline.cli.results.VmFinding;
import io.plumbline.cli.wire.ResultTopics;
import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.KernelFrames;
import io.plumbline.ingest.capture.WatchedFrames;
import io.plumbline.ingest.publish.ObservationPublisher;
import io.plumbline.ingest.publish.PublisherSettings;
import io.plumbline.introspection.golden.KernelSignature;
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

/**
 * Everything between toy guests and their verdicts: publisher, broker, the production job, results.
 */
final class ToyPipeline implements AutoCloseable {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final EmbeddedSchemaRegistry REGISTRY = new EmbeddedSchemaRegistry();

  private final Closing closing;
  private final Stage stage;
  private final ObservationPublisher publisher;
  private long seconds;

  private ToyPipeline(Closing closing, Stage stage, ObservationPublisher publisher) {
    this.closing = closing;
    this.stage = stage;
    this.publisher = publisher;
  }

  /** On {@code broker}, with the clean toy kernel announced and no job yet. */
  static ToyPipeline raise(TestBroker broker, Path folder, Duration checkpoints) throws Exception {
    return raise(broker, folder, checkpoints, ToyKernel.signature());
  }

  /** On {@code broker}, with {@code signature} announced and no job yet. */
  static ToyPipeline raise(
      TestBroker broker, Path folder, Duration checkpoints, KernelSignature signature)
      throws Exception {
    Path signatures = folder.resolve("signatures");
    SignatureStore store = new SignatureStore(signatures);
    store.add(signature);
    Closing closing = new Closing();
    try {
      Stage stage = broker.raise(closing, signatures, checkpoints);
      assertThat(Announcing.announce(store, stage.broker(), REGISTRY, START)).isEqualTo(1);
      PublisherSettings settings = PublisherSettings.of(stage.broker().address());
      ObservationPublisher publisher = closing.add(new ObservationPublisher(settings, REGISTRY));
      return new ToyPipeline(closing, stage, publisher);
    } catch (Exception | AssertionError e) {
      closing.close();
      throw e;
    }
  }

  EmbeddedJob analyse(Optional<String> restoreFrom) throws Exception {
    return stage.analyse(restoreFrom);
  }

  static CaptureRounds rounds(String vmId) {
    return rounds(vmId, new KernelFrames(ExplorationBudget.STANDARD));
  }

  static CaptureRounds rounds(String vmId, WatchedFrames watched) {
    CapturedVm vm = new CapturedVm(vmId, "host-1", START.toEpochMilli());
    return new CaptureRounds(vm, watched, 1 << 20);
  }

  /** One round, one second after the last. */
  void capture(CaptureRounds rounds, SyntheticGuest guest) throws Exception {
    rounds.capture(guest.pages(), List.of(guest.vcpu()), START.plusSeconds(seconds++), publisher);
  }

  /** Until the broker has everything that was captured. */
  void flush() throws Exception {
    publisher.flush();
  }

  /** Until the job has made results of everything published. */
  void awaitVerdicts() throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (stage.backlog() > 0) {
      pause(deadline);
    }
  }

  /** Takes checkpoints until one covers everything published; where that one lies. */
  String awaitVerdicts(EmbeddedJob job) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    String checkpoint = job.checkpoint();
    while (stage.backlog() > 0) {
      pause(deadline);
      checkpoint = job.checkpoint();
    }
    return checkpoint;
  }

  void awaitFindings(int uids) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (findings(results()).stream().map(VmFinding::uid).distinct().count() < uids) {
      pause(deadline);
    }
  }

  private static void pause(long deadline) throws InterruptedException {
    assertThat(System.nanoTime() - deadline).as("nanoseconds over the limit").isNegative();
    Thread.sleep(100);
  }

  /** Everything on the results topics. */
  List<Result> results() throws Exception {
    try (ResultTopics topics = ResultTopics.open(stage.broker().properties(), REGISTRY)) {
      return topics.readToEnd();
    }
  }

  static List<VmFinding> findings(List<Result> results) {
    List<VmFinding> findings = new ArrayList<>();
    for (Result result : results) {
      if (result instanceof VmFinding finding) {
        findings.add(finding);
      }
    }
    return findings;
  }

  @Override
  public void close() {
    closing.close();
  }
}
