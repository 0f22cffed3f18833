package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.FindingActivity;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.identify.Identity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;

@SuppressWarnings(
    "try") // The harness' close may throw InterruptedException, which then ends the test.
class AnalysisFunctionTest {
  private static final int BUILD = 7;
  private static final int UNREADABLE = 9;

  private static KernelSignature load(SignatureId id, String location) throws IOException {
    if (id.equals(ContentJudge.idOf(BUILD))) {
      return ContentJudge.signatureOf(BUILD);
    }
    throw new IOException(location + ": expected the file of " + id + ", found none");
  }

  private static AnalysisHarness harness() throws Exception {
    return new AnalysisHarness(ContentJudge::new, AnalysisFunctionTest::load);
  }

  private static SignatureEntry entry(int build) {
    return new SignatureEntry(
        ContentJudge.idOf(build).value(),
        "build-" + build,
        "file:///signatures",
        false,
        new Origin("signatures", 0, build, -1));
  }

  private static List<Object> everything(AnalysisHarness harness) {
    List<Object> all = new ArrayList<>(harness.extractOutputValues());
    for (OutputTag<?> tag :
        List.of(Outputs.IDENTITIES, Outputs.COVERAGE, Outputs.TRUST, Outputs.RESYNC_REQUESTS)) {
      all.addAll(harness.said(tag));
    }
    return all;
  }

  private static List<VmObservation> story() {
    CaptureScript script = new CaptureScript("vm-1", 100).cleanSnapshot(BUILD);
    script.patches(Map.of(3L, CaptureScript.page(ContentJudge.TAMPERED, 1, 0)));
    script.patches(Map.of());
    script.patches(Map.of(3L, CaptureScript.page(ContentJudge.TAMPERED, 2, 0)));
    script.patches(Map.of(3L, CaptureScript.page(1, 0, 0)));
    return script.observations();
  }

  @Test
  void aJobRestoredAfterAnyPrefixSaysWhatTheUninterruptedOneSays() throws Exception {
    List<VmObservation> story = story();
    List<Object> uninterrupted;
    try (var harness = harness()) {
      harness.open();
      harness.processBroadcastElement(entry(BUILD), 0);
      for (VmObservation each : story) {
        harness.processElement(each, 0);
      }
      uninterrupted = everything(harness);
    }
    assertThat(uninterrupted).hasSize(3 + 1 + 1 + 3);

    for (int prefix = 0; prefix <= story.size(); prefix++) {
      OperatorSubtaskState checkpoint;
      List<Object> said;
      try (var before = harness()) {
        before.open();
        before.processBroadcastElement(entry(BUILD), 0);
        for (VmObservation each : story.subList(0, prefix)) {
          before.processElement(each, 0);
        }
        checkpoint = before.snapshot(1, 1);
        said = everything(before);
      }
      try (var after = harness()) {
        after.initializeState(checkpoint);
        after.open();
        for (VmObservation each : story.subList(prefix, story.size())) {
          after.processElement(each, 0);
        }
        said.addAll(everything(after));
      }
      assertThat(said)
          .as("restored after %d observations", prefix)
          .containsExactlyInAnyOrderElementsOf(uninterrupted);
    }
  }

  @Test
  void everyVmOfAnUnknownBuildIsJudgedAgainWhenItsSignatureIsAnnounced() throws Exception {
    try (var harness = harness()) {
      harness.open();
      for (String vm : List.of("vm-1", "vm-2", "vm-3")) {
        for (VmObservation each : new CaptureScript(vm, 5).cleanSnapshot(BUILD).observations()) {
          harness.processElement(each, 0);
        }
      }
      assertThat(harness.said(Outputs.IDENTITIES))
          .extracting(IdentityRecord::state)
          .containsOnly(Identity.State.UNKNOWN);
      harness.getSideOutput(Outputs.IDENTITIES).clear();
      harness.processBroadcastElement(entry(BUILD), 0);

      assertThat(harness.said(Outputs.IDENTITIES))
          .extracting(each -> each.at().vmId() + " " + each.state())
          .containsExactlyInAnyOrder("vm-1 EXACT", "vm-2 EXACT", "vm-3 EXACT");
    }
  }

  @Test
  void aSignatureThatCannotBeReadIsADeadLetterAndTheJobGoesOn() throws Exception {
    try (var harness = harness()) {
      harness.open();
      harness.processBroadcastElement(entry(UNREADABLE), 0);
      harness.processBroadcastElement(entry(BUILD), 0);
      for (VmObservation each : story()) {
        harness.processElement(each, 0);
      }

      List<Refusal> refused = harness.said(Outputs.DEAD_LETTERS);
      assertThat(refused).hasSize(1);
      assertThat(refused.get(0).reason()).contains(ContentJudge.idOf(UNREADABLE).value());
      assertThat(harness.extractOutputValues())
          .extracting(FindingRecord::activity)
          .containsExactly(FindingActivity.OPEN, FindingActivity.UPDATE, FindingActivity.CLOSE);
    }
  }
}
