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

  private ToyPipeline raise(Duration checkpoints) throws Exception {
    return ToyPipeline.raise(TestBroker.IN_PROCESS, folder, checkpoints);
  }
}
