package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.FindingActivity;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.Liveness;
import io.plumbline.introspection.trust.TrustState;
import java.net.URL;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.flink.streaming.util.OperatorSnapshotUtil;
import org.junit.jupiter.api.Test;

/**
 * State that an older version wrote. Each file in {@code savepoints} is one operator's, written
 * with {@link OperatorSnapshotUtil} by the version that had that state, and never written again.
 */
@SuppressWarnings(
    "try") // The harness' close may throw InterruptedException, which then ends the test.
class OldSavepointTest {
  private static final int BUILD = 7;

  private static String file(String name) throws Exception {
    URL file = OldSavepointTest.class.getResource("/savepoints/" + name);
    return Path.of(file.toURI()).toString();
  }

  /** Before there was an image, blocks of it, or a signature to wait for. */
  @Test
  void stateOfWholePagesGoesOn() throws Exception {
    CaptureScript script = new CaptureScript("vm-1", 100).cleanSnapshot(BUILD);
    script.patches(Map.of(3L, CaptureScript.page(ContentJudge.TAMPERED, 1, 0)));
    int written = script.observations().size();
    script.patches(Map.of(3L, CaptureScript.page(ContentJudge.TAMPERED, 2, 0)));
    script.patches(Map.of(3L, CaptureScript.page(1, 0, 0)));
    try (AnalysisHarness harness =
        new AnalysisHarness(ContentJudge::new, (id, location) -> ContentJudge.signatureOf(BUILD))) {
      harness.initializeState(OperatorSnapshotUtil.readStateHandle(file("whole-pages")));
      harness.open();
      harness.observe(script.observations().stream().skip(written).toList());

      assertThat(harness.extractOutputValues())
          .extracting(FindingRecord::activity)
          .containsExactly(FindingActivity.UPDATE, FindingActivity.CLOSE);
      assertThat(harness.last(Outputs.TRUST).state()).isEqualTo(TrustState.TRUSTED);
      assertThat(harness.said(Outputs.RESYNC_REQUESTS)).isEmpty();
    }
  }

  /** Before there were pulses, rounds that wait, and liveness in what was told. */
  @Test
  void stateOfShrunkPagesGoesOnAndLearnsWhenTheVmIsHeard() throws Exception {
    CaptureScript script = new CaptureScript("vm-1", 100).capture(PackagedKernel.guest());
    script.capture(PackagedKernel.tampered());
    int written = script.observations().size();
    script.capture(PackagedKernel.guest());
    try (AnalysisHarness harness =
        new AnalysisHarness(
            PackagedKernel::judge, (id, where) -> new PackagedKernel().signature(id.value()))) {
      harness.initializeState(OperatorSnapshotUtil.readStateHandle(file("shrunk-pages")));
      harness.open();
      harness.observe(script.observations().stream().skip(written).toList());

      assertThat(harness.extractOutputValues())
          .extracting(FindingRecord::activity)
          .containsExactly(FindingActivity.CLOSE);
      assertThat(harness.last(Outputs.TRUST).state()).isEqualTo(TrustState.TRUSTED);
      assertThat(harness.last(Outputs.TRUST).liveness()).isEqualTo(Liveness.LIVE);
      assertThat(harness.said(Outputs.RESYNC_REQUESTS)).isEmpty();
      harness.setProcessingTime(TimeUnit.MINUTES.toMillis(10));
      assertThat(harness.last(Outputs.TRUST).liveness()).isEqualTo(Liveness.BLIND);
    }
  }

  /**
   * Of pages that are kept whole and by themselves: a VM that rests, with a round that waits and
   * both timers.
   */
  @Test
  void stateOfAVmThatRestsGoesOnWhereItWas() throws Exception {
    try (AnalysisHarness harness =
        new AnalysisHarness(ContentJudge::new, (id, where) -> ContentJudge.signatureOf(BUILD))) {
      harness.initializeState(OperatorSnapshotUtil.readStateHandle(file("resting")));
      harness.open();
      assertThat(harness.numProcessingTimeTimers()).isEqualTo(2);
      harness.setProcessingTime(TimeUnit.SECONDS.toMillis(10));

      assertThat(harness.extractOutputValues())
          .singleElement()
          .satisfies(each -> assertThat(each.at().round()).isEqualTo(2));
      assertThat(harness.last(Outputs.COVERAGE).roundsCoalesced()).isEqualTo(1);
    }
  }

  /** Of this version: packed pages, and one that came whole over them and was not judged yet. */
  @Test
  void stateOfPackedPagesGoesOn() throws Exception {
    CaptureScript script = new CaptureScript("vm-1", 100).capture(PackagedKernel.guest());
    script.capture(PackagedKernel.tampered());
    int written = script.observations().size() - 1;
    script.capture(PackagedKernel.guest());
    try (AnalysisHarness harness =
        new AnalysisHarness(
            PackagedKernel::judge, (id, where) -> new PackagedKernel().signature(id.value()))) {
      harness.initializeState(OperatorSnapshotUtil.readStateHandle(file("packed-pages")));
      harness.open();
      harness.observe(script.observations().stream().skip(written).toList());

      assertThat(harness.extractOutputValues())
          .extracting(FindingRecord::activity)
          .containsExactly(FindingActivity.OPEN, FindingActivity.CLOSE);
      assertThat(harness.last(Outputs.TRUST).state()).isEqualTo(TrustState.TRUSTED);
      assertThat(harness.said(Outputs.RESYNC_REQUESTS)).isEmpty();
    }
  }
}
