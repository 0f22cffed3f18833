package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.FindingActivity;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Liveness;
import io.plumbline.flinkjobs.state.ObservationKind;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.ResyncRecord;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.trust.TrustState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a VM in the stream: the stories of docs/lifecycle.md, on Flink's operator. */
@SuppressWarnings(
    "try") // The harness' close may throw InterruptedException, which then ends the test.
class LifeCycleStoriesTest {
  private static final int BUILD = 7;

  private final CaptureScript script = new CaptureScript("vm-1", 100);
  private final List<Object> said = new ArrayList<>();
  private AnalysisHarness harness;
  private long now = TimeUnit.DAYS.toMillis(1);
  private int told;

  private static AnalysisHarness newHarness() throws Exception {
    return new AnalysisHarness(ContentJudge::new, (id, where) -> ContentJudge.signatureOf(BUILD));
  }

  private static SignatureEntry entry(boolean revoked) {
    String id = ContentJudge.idOf(BUILD).value();
    return new SignatureEntry(id, "build-7", "mem:", revoked, new Origin("signatures", 0, 0, -1));
  }

  private static byte[] tampered(int how) {
    return CaptureScript.page(ContentJudge.TAMPERED, how, 0);
  }

  @BeforeEach
  void start() throws Exception {
    harness = newHarness();
    harness.setProcessingTime(now);
    harness.open();
    harness.processBroadcastElement(entry(false), 0);
  }

  @AfterEach
  void end() throws Exception {
    harness.close();
  }

  /** Shows the job what the script says and was not shown yet. */
  private void observe() throws Exception {
    List<VmObservation> all = script.observations();
    harness.observe(all.subList(told, all.size()));
    told = all.size();
  }

  private void pass(long seconds) throws Exception {
    now += TimeUnit.SECONDS.toMillis(seconds);
    harness.setProcessingTime(now);
  }

  /** The job fails and goes on from a checkpoint. */
  private void restart(long downSeconds) throws Exception {
    said.addAll(harness.said(Outputs.TRUST));
    OperatorSubtaskState checkpoint = harness.snapshot(1, 1);
    harness.close();
    now += TimeUnit.SECONDS.toMillis(downSeconds);
    harness = newHarness();
    harness.setProcessingTime(now);
    harness.initializeState(checkpoint);
    harness.open();
    harness.setProcessingTime(now); // what is due fires at once
  }

  private TrustRecord trust() {
    return harness.last(Outputs.TRUST);
  }

  private List<FindingActivity> findings() {
    return harness.extractOutputValues().stream().map(FindingRecord::activity).toList();
  }

  private Liveness livenessOf(String vm) {
    return harness.<TrustRecord>said(Outputs.TRUST).stream()
        .filter(each -> each.at().vmId().equals(vm))
        .reduce((first, second) -> second)
        .orElseThrow()
        .liveness();
  }

  private List<Liveness> livenessTold() {
    return harness.said(Outputs.TRUST).stream().map(TrustRecord::liveness).toList();
  }

  @Test
  void aRebootForgetsTheOldKernelAndTheNextSnapshotClosesItsFindings() throws Exception {
    script.cleanSnapshot(BUILD).patches(Map.of(3L, tampered(1)));
    observe();
    script.event(ObservationKind.RESET);
    observe();
    assertThat(findings()).as("until the VM is seen again").containsExactly(FindingActivity.OPEN);
    restart(0);
    script.cleanSnapshot(BUILD);
    observe();

    assertThat(findings()).containsExactly(FindingActivity.CLOSE);
    assertThat(trust().state()).isEqualTo(TrustState.TRUSTED);
    assertThat(trust().stale()).isFalse();
    assertThat(harness.said(Outputs.RESYNC_REQUESTS)).isEmpty();
  }

  @Test
  void aRestoredVmWhoseTimeGoesBackIsJudgedAsOfItsOwnTime() throws Exception {
    script.later(TimeUnit.HOURS.toMicros(5)).cleanSnapshot(BUILD);
    observe();
    script.patches(Map.of(3L, tampered(1)));
    observe();
    restart(0);
    script.later(-TimeUnit.HOURS.toMicros(5)).event(ObservationKind.RESET).cleanSnapshot(BUILD);
    observe();
    script.patches(Map.of(3L, tampered(2)));
    observe();

    List<FindingRecord> findings = harness.extractOutputValues();
    assertThat(findings())
        .as("the finding of before the restore ends, and one of after it begins")
        .containsExactly(FindingActivity.CLOSE, FindingActivity.OPEN);
    assertThat(findings.get(0).firstSeenAtMicros())
        .isEqualTo(TimeUnit.HOURS.toMicros(5) + 1_000_000);
    assertThat(findings.get(1).firstSeenAtMicros()).isEqualTo(3_000_000);
    assertThat(findings.get(1).uid()).isEqualTo(findings.get(0).uid());
    assertThat(harness.said(Outputs.RESYNC_REQUESTS)).isEmpty();
  }

  @Test
  void afterAMigrationTheOldCollectorIsFencedOffAndReportedOnce() throws Exception {
    script.cleanSnapshot(BUILD);
    observe();
    CaptureScript there = new CaptureScript("vm-1", 200).event(ObservationKind.RESET);
    harness.observe(there.observations());
    restart(0);
    script.patches(Map.of(3L, tampered(1)));
    observe();
    CaptureScript snapshot = there.cleanSnapshot(BUILD);
    harness.observe(snapshot.observations());
    script.patches(Map.of(4L, tampered(1)));
    observe();

    assertThat(findings()).isEmpty();
    assertThat(harness.<Refusal>said(Outputs.DEAD_LETTERS))
        .singleElement()
        .satisfies(each -> assertThat(each.reason()).contains("100").contains("200"));
    assertThat(harness.said(Outputs.RESYNC_REQUESTS)).isEmpty();
  }

  @Test
  void aFencedOffCollectorIsNoSignOfLife() throws Exception {
    harness.observe(new CaptureScript("vm-1", 200).cleanSnapshot(BUILD).observations());
    pass(119);
    script.cleanSnapshot(BUILD);
    observe();
    pass(1);

    assertThat(trust().liveness()).isEqualTo(Liveness.STALE);
  }

  @Test
  void aPausedVmIsPausedAsLongAsItsCollectorSpeaks() throws Exception {
    script.cleanSnapshot(BUILD);
    observe();
    script.paused(true);
    for (int round = 0; round < 10; round++) {
      pass(90);
      script.patches(Map.of());
      observe();
      if (round == 5) {
        restart(0);
      }
    }
    assertThat(harness.said(Outputs.TRUST)).as("it was told before the restart").isEmpty();
    assertThat(said)
        .map(each -> ((TrustRecord) each).liveness())
        .containsExactly(Liveness.LIVE, Liveness.PAUSED);

    pass(120);
    assertThat(trust().liveness()).isEqualTo(Liveness.STALE);
    script.patches(Map.of());
    observe();
    assertThat(trust().liveness()).isEqualTo(Liveness.PAUSED);
    assertThat(trust().stale()).isFalse();
    script.paused(false).patches(Map.of());
    observe();
    assertThat(trust().liveness()).isEqualTo(Liveness.LIVE);
    assertThat(trust().state()).isEqualTo(TrustState.TRUSTED);
  }

  @Test
  void aSilentCollectorMakesItsVmStaleThenBlindAndChangesNoVerdict() throws Exception {
    script.cleanSnapshot(BUILD).patches(Map.of(3L, tampered(1)));
    observe();
    final long heard = now;
    pass(119);
    assertThat(trust().liveness()).isEqualTo(Liveness.LIVE);
    pass(1);
    assertThat(trust().liveness()).isEqualTo(Liveness.STALE);
    assertThat(trust().stale()).isTrue();
    assertThat(trust().silentSinceMicros()).isEqualTo(TimeUnit.MILLISECONDS.toMicros(heard));
    assertThat(trust().reasons()).contains("the collector is silent");
    pass(479);
    assertThat(trust().liveness()).isEqualTo(Liveness.STALE);
    pass(1);
    assertThat(trust().liveness()).isEqualTo(Liveness.BLIND);
    assertThat(trust().state()).isEqualTo(TrustState.VIOLATED);
    assertThat(harness.numProcessingTimeTimers()).as("nothing more to find out").isZero();

    script.patches(Map.of());
    observe();
    assertThat(trust().liveness()).isEqualTo(Liveness.LIVE);
    assertThat(trust().silentSinceMicros()).isNull();
    assertThat(trust().stale()).isFalse();
    assertThat(trust().state()).isEqualTo(TrustState.VIOLATED);
    assertThat(findings()).containsExactly(FindingActivity.OPEN);
    assertThat(harness.said(Outputs.IDENTITIES)).hasSize(1);
    assertThat(harness.numProcessingTimeTimers()).isEqualTo(1);
    pass(120);
    assertThat(trust().liveness()).isEqualTo(Liveness.STALE);
  }

  @Test
  void aCollectorThatSpeaksOftenCostsOneTimerAndIsNeverStale() throws Exception {
    script.cleanSnapshot(BUILD);
    observe();
    for (int second = 0; second < 1000; second += 10) {
      pass(10);
      script.patches(Map.of());
      observe();
      assertThat(harness.numProcessingTimeTimers()).isEqualTo(1);
    }
    assertThat(livenessTold()).containsExactly(Liveness.LIVE);
    pass(240);
    assertThat(trust().liveness()).isEqualTo(Liveness.STALE);
  }

  @Test
  void aJobThatWasDownBlamesNoCollectorForItsOwnSilence() throws Exception {
    script.cleanSnapshot(BUILD);
    observe();
    restart(3600);
    pass(119);
    assertThat(harness.said(Outputs.TRUST)).isEmpty();
    pass(1);
    assertThat(trust().liveness()).isEqualTo(Liveness.STALE);
    restart(0);
    harness.observe(new CaptureScript("vm-2", 1).cleanSnapshot(BUILD).observations());
    harness.getSideOutput(Outputs.TRUST).clear();
    pass(119);
    assertThat(harness.said(Outputs.TRUST)).isEmpty();
    pass(481);
    assertThat(livenessOf("vm-1")).isEqualTo(Liveness.BLIND);
  }

  @Test
  void aVmWhoseFirstCaptureNeverEndsIsStaleToo() throws Exception {
    script.cleanSnapshot(BUILD);
    harness.observe(script.observations().subList(0, 2));
    pass(120);
    assertThat(trust().state()).isEqualTo(TrustState.UNDECIDED);
    assertThat(trust().liveness()).isEqualTo(Liveness.STALE);
    harness.observe(script.observations().subList(2, 3));
    assertThat(trust().state()).isEqualTo(TrustState.TRUSTED);
    assertThat(trust().liveness()).isEqualTo(Liveness.LIVE);
  }

  @Test
  void aGapIsHealedByTheSnapshotThatWasAskedFor() throws Exception {
    script.cleanSnapshot(BUILD).patches(Map.of(3L, tampered(1)));
    List<VmObservation> all = script.observations();
    harness.observe(all.subList(0, 4));
    harness.observe(all.subList(5, all.size()));
    told = all.size();
    assertThat(trust().stale()).isTrue();
    assertThat(trust().liveness()).as("it speaks").isEqualTo(Liveness.LIVE);
    assertThat(harness.<ResyncRecord>said(Outputs.RESYNC_REQUESTS)).hasSize(1);
    restart(0);
    script.patches(Map.of());
    observe();
    assertThat(harness.<ResyncRecord>said(Outputs.RESYNC_REQUESTS))
        .as("asked again at the end of each round that went by")
        .hasSize(1);
    script.snapshot();
    observe();

    assertThat(trust().stale()).isFalse();
    assertThat(trust().state()).isEqualTo(TrustState.VIOLATED);
    assertThat(findings()).containsExactly(FindingActivity.OPEN);
  }

  @Test
  void aSignatureThatComesAndGoesChangesTheVerdictOfASilentVmAndNotItsSilence() throws Exception {
    script.cleanSnapshot(BUILD);
    observe();
    pass(120);
    restart(0);
    harness.processBroadcastElement(entry(true), 0);
    assertThat(trust().state()).isEqualTo(TrustState.UNDECIDED);
    assertThat(trust().liveness()).isEqualTo(Liveness.STALE);
    assertThat(trust().stale()).isTrue();
    harness.processBroadcastElement(entry(false), 0);
    assertThat(trust().state()).isEqualTo(TrustState.TRUSTED);
    assertThat(trust().liveness()).isEqualTo(Liveness.STALE);
    assertThat(harness.<IdentityRecord>said(Outputs.IDENTITIES))
        .extracting(IdentityRecord::state)
        .containsExactly(Identity.State.UNKNOWN, Identity.State.EXACT);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStoppedVmLeavesNoStateAndNoTimers(boolean rocksDb) throws Exception {
    harness.close();
    long verdict = TimeUnit.SECONDS.toNanos(1);
    long[] nanos = {0};
    harness =
        new AnalysisHarness(
            ContentJudge::new,
            (id, where) -> ContentJudge.signatureOf(BUILD),
            () -> nanos[0] += verdict);
    if (rocksDb) {
      harness.onRocksDb();
    }
    harness.setProcessingTime(now);
    harness.open();
    script.cleanSnapshot(BUILD).patches(Map.of(3L, tampered(1)));
    observe();
    assertThat(harness.stateEntries()).isPositive();
    assertThat(harness.numProcessingTimeTimers())
        .as("one for silence, one for the round that waits")
        .isEqualTo(2);
    script.event(ObservationKind.STOPPED);
    observe();

    assertThat(findings())
        .as("what waited was judged before the VM was forgotten")
        .containsExactly(FindingActivity.OPEN, FindingActivity.CLOSE);
    assertThat(harness.numProcessingTimeTimers()).isZero();
    assertThat(harness.numEventTimeTimers()).isZero();
    assertThat(harness.stateEntries()).isZero();
    pass(3600);
    assertThat(harness.stateEntries()).as("and nothing comes back").isZero();
  }
}
