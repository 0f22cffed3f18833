package io.plumbline.cli.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.cli.embedded.EmbeddedJob;
import io.plumbline.cli.results.Fleet;
import io.plumbline.cli.results.Result;
import io.plumbline.cli.results.VmFinding;
import io.plumbline.cli.results.VmIdentity;
import io.plumbline.cli.results.VmTrust;
import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.signaturestore.keep.SignatureCodec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From guests through an in-process Kafka and Flink to identities and alerts. */
class PipelineTest {
  @TempDir private Path folder;

  @Test
  void aTamperedRoundAlertsAndACleanOneIsSilent() throws Exception {
    try (ToyPipeline pipeline = raise(Duration.ofSeconds(1))) {
      pipeline.analyse(Optional.empty());
      CaptureRounds rounds = ToyPipeline.rounds("vm-1");
      pipeline.capture(rounds, ToyKernel.clean());
      pipeline.capture(rounds, ToyKernel.clean());
      pipeline.capture(rounds, ToyKernel.hookedGate(14));
      pipeline.capture(rounds, ToyKernel.clean());
      pipeline.flush();
      pipeline.awaitVerdicts();
      List<Result> results = pipeline.results();

      Fleet fleet = new Fleet();
      results.forEach(fleet::apply);
      assertThat(fleet.identity("vm-1").flatMap(VmIdentity::build)).contains(ToyKernel.BUILD);
      assertThat(fleet.trust("vm-1").map(VmTrust::state)).contains("trusted");
      assertThat(ToyPipeline.findings(results))
          .extracting(VmFinding::round, VmFinding::activity, VmFinding::type)
          .containsExactly(
              tuple(2L, "open", "unexpected_interrupt_handler"),
              tuple(3L, "close", "unexpected_interrupt_handler"));
    }
  }

  @Test
  void aJobKilledBetweenTwoCheckpointsFindsEveryFindingExactlyOnceByUid() throws Exception {
    try (ToyPipeline pipeline = raise(Duration.ofDays(1))) {
      EmbeddedJob first = pipeline.analyse(Optional.empty());
      CaptureRounds rounds = ToyPipeline.rounds("vm-1");
      pipeline.capture(rounds, ToyKernel.clean());
      pipeline.flush();
      String checkpoint = pipeline.awaitVerdicts(first);

      pipeline.capture(rounds, ToyKernel.hookedGate(14));
      pipeline.capture(rounds, ToyKernel.hookedLstar());
      pipeline.flush();
      pipeline.awaitFindings(2);
      first.cancel();

      EmbeddedJob second = pipeline.analyse(Optional.of(checkpoint));
      pipeline.capture(rounds, ToyKernel.hookedGate(6));
      pipeline.flush();
      pipeline.awaitVerdicts(second);
      assertThat(second.failure()).isEmpty();

      List<VmFinding> opened =
          ToyPipeline.findings(pipeline.results()).stream().filter(VmFinding::open).toList();
      assertThat(opened.stream().map(VmFinding::uid).distinct()).hasSize(3);
      assertThat(opened).as("the second job said what the first had said").hasSizeGreaterThan(3);
      Fleet fleet = new Fleet();
      long news = opened.stream().filter(fleet::apply).count();
      assertThat(news).as("findings that are new by uid").isEqualTo(3);
    }
  }

  @Test
  void aGuestOfAnAnnouncedPackageKeepsItsFindingsOverARestoreOfShrunkPages() throws Exception {
    PackageSignature packaged =
        new PackageSignature(SignatureCodec.DRAFT, SyntheticImage.classic().image(), new long[0]);
    SyntheticGuest clean = guest(SyntheticImage.classic());
    SyntheticGuest changed = guest(SyntheticImage.classic().withText("function_a", 3, 0x90));
    SyntheticGuest changedTwice =
        guest(
            SyntheticImage.classic()
                .withText("function_a", 3, 0x90)
                .withText("asm_exc_page_fault", 1, 0x90));
    try (ToyPipeline pipeline =
        ToyPipeline.raise(TestBroker.IN_PROCESS, folder, Duration.ofDays(1), packaged)) {
      EmbeddedJob first = pipeline.analyse(Optional.empty());
      CaptureRounds rounds = ToyPipeline.rounds("vm-1", new MappedFrames(clean));
      pipeline.capture(rounds, clean);
      pipeline.capture(rounds, changed);
      pipeline.flush();
      String checkpoint = pipeline.awaitVerdicts(first);
      first.cancel();

      EmbeddedJob second = pipeline.analyse(Optional.of(checkpoint));
      pipeline.capture(rounds, changedTwice);
      pipeline.capture(rounds, clean);
      pipeline.flush();
      pipeline.awaitVerdicts(second);
      assertThat(second.failure()).isEmpty();

      List<Result> results = pipeline.results();
      assertThat(ToyPipeline.findings(results))
          .extracting(VmFinding::round, VmFinding::activity, VmFinding::place)
          .containsExactly(
              tuple(1L, "open", "function_a+0x3"),
              tuple(2L, "open", "asm_exc_page_fault+0x1"),
              tuple(3L, "close", "function_a+0x3"),
              tuple(3L, "close", "asm_exc_page_fault+0x1"));
      assertThat(results)
          .filteredOn(VmTrust.class::isInstance)
          .map(VmTrust.class::cast)
          .extracting(VmTrust::state, VmTrust::stale)
          .containsExactly(
              tuple("trusted", false),
              tuple("violated", false),
              tuple("violated", false),
              tuple("trusted", false));
    }
  }

  private static SyntheticGuest guest(SyntheticImage image) {
    return image.guest(SyntheticGuest.longMode());
  }

  private ToyPipeline raise(Duration checkpoints) throws Exception {
    return ToyPipeline.raise(TestBroker.IN_PROCESS, folder, checkpoints);
  }
}
