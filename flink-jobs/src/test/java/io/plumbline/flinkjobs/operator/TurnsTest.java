package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.ObservationKind;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Judge;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * VMs that share one parallel instance, in a time that only verdicts and records make go on: a
 * verdict takes a second, a record a millisecond, and timers that are due fire between records, as
 * Flink's mailbox has it.
 */
@SuppressWarnings(
    "try") // The harness' close may throw InterruptedException, which then ends the test.
class TurnsTest {
  private static final int BUILD = 7;
  private static final long VERDICT_MILLIS = 1000;

  private final List<String> judged = new ArrayList<>();
  private long now = TimeUnit.DAYS.toMillis(1);
  private AnalysisHarness harness;

  /** Takes its time, and notes whose turn it was. */
  private final class SlowJudge implements Judge {
    private final Judge judge = new ContentJudge();

    @Override
    public Verdict judge(Guest guest, SignatureBook book) {
      judged.add(guest.vmId());
      now += VERDICT_MILLIS;
      return judge.judge(guest, book);
    }
  }

  private AnalysisHarness newHarness() throws Exception {
    return new AnalysisHarness(
        SlowJudge::new,
        (id, where) -> ContentJudge.signatureOf(BUILD),
        () -> TimeUnit.MILLISECONDS.toNanos(now));
  }

  @BeforeEach
  void start() throws Exception {
    harness = newHarness();
    harness.setProcessingTime(now);
    harness.open();
    Origin origin = new Origin("signatures", 0, 0, -1);
    String id = ContentJudge.idOf(BUILD).value();
    harness.processBroadcastElement(new SignatureEntry(id, "b", "mem:", false, origin), 0);
  }

  @AfterEach
  void end() throws Exception {
    harness.close();
  }

  private void take(List<VmObservation> queue) throws Exception {
    for (VmObservation each : queue) {
      harness.setProcessingTime(now);
      harness.processElement(each, 0);
      now++;
    }
  }

  private void rest() throws Exception {
    for (int second = 0; second < 20; second++) {
      now += 1000;
      harness.setProcessingTime(now);
    }
  }

  private static byte[] tampered(int how) {
    return CaptureScript.page(ContentJudge.TAMPERED, how, 0);
  }

  private TrustRecord trustOf(String vm) {
    List<TrustRecord> all =
        harness.<TrustRecord>said(Outputs.TRUST).stream()
            .filter(each -> each.at().vmId().equals(vm))
            .toList();
    return all.get(all.size() - 1);
  }

  private List<Long> coalesced() {
    return harness.<CoverageRecord>said(Outputs.COVERAGE).stream()
        .map(CoverageRecord::roundsCoalesced)
        .toList();
  }

  private static CaptureScript storm(int rounds) {
    CaptureScript storm = new CaptureScript("storm", 100).cleanSnapshot(BUILD);
    for (int round = 1; round <= rounds; round++) {
      storm.patches(Map.of(3L, tampered(round), 4L, CaptureScript.page(1, round, 0)));
    }
    return storm;
  }

  @Test
  void othersWaitForOneVerdictOfAStormingVmAndNotForAllItsRounds() throws Exception {
    List<VmObservation> queue = new ArrayList<>(storm(100).observations());
    queue.addAll(new CaptureScript("calm", 100).cleanSnapshot(BUILD).observations());
    take(queue);

    assertThat(judged).containsExactly("storm", "calm");
    assertThat(trustOf("calm").state()).isEqualTo(TrustState.TRUSTED);
    rest();
    assertThat(judged).containsExactly("storm", "calm", "storm");
    assertThat(trustOf("storm").state()).isEqualTo(TrustState.VIOLATED);
    assertThat(trustOf("storm").at().round()).as("the last one").isEqualTo(100);
    assertThat(harness.extractOutputValues())
        .singleElement()
        .satisfies(each -> assertThat(each.actual()).isEqualTo("100"));
    assertThat(coalesced()).as("storm, calm, storm").containsExactly(0L, 0L, 99L);
  }

  @Test
  void aVmThatStormsForeverGetsItsShareAndNoMore() throws Exception {
    CaptureScript storm = new CaptureScript("storm", 100).cleanSnapshot(BUILD);
    CaptureScript calm = new CaptureScript("calm", 100).cleanSnapshot(BUILD);
    take(storm.observations());
    take(calm.observations());
    long from = now;
    int before = judged.size();
    for (int round = 1; round <= 20_000; round++) {
      int seen = storm.observations().size();
      storm.patches(Map.of(3L, tampered(round % 100)));
      take(storm.observations().subList(seen, seen + 3));
    }
    int verdicts = judged.size() - before;
    double share = (double) (verdicts * VERDICT_MILLIS) / (now - from);
    assertThat(share).isBetween(0.20, 0.26);
  }

  @Test
  void aVmWhoseRoundsAreRareIsJudgedAtEachOfThem() throws Exception {
    CaptureScript calm = new CaptureScript("calm", 100).cleanSnapshot(BUILD);
    for (int round = 1; round <= 5; round++) {
      calm.patches(Map.of(3L, tampered(round)));
    }
    List<VmObservation> all = calm.observations();
    take(all.subList(0, 3));
    for (int round = 0; round < 5; round++) {
      now += 4 * VERDICT_MILLIS;
      take(all.subList(3 + 3 * round, 6 + 3 * round));
    }
    assertThat(judged).hasSize(6);
    assertThat(coalesced()).containsOnly(0L);
    assertThat(harness.numProcessingTimeTimers()).as("the one for silence").isEqualTo(1);
  }

  @Test
  void aRestThatEndsInsideARoundIsFollowedByAVerdictAtTheRoundsEnd() throws Exception {
    List<VmObservation> all = storm(2).observations();
    take(all.subList(0, all.size() - 2));
    assertThat(judged).hasSize(1);
    rest();
    assertThat(judged).as("half a round is not judged").hasSize(1);
    take(all.subList(all.size() - 2, all.size()));
    assertThat(judged).hasSize(2);
    assertThat(trustOf("storm").at().round()).isEqualTo(2);
    assertThat(coalesced()).containsExactly(0L, 1L);
  }

  @Test
  void aTimerThatComesLateDoesNotCutTheNextRestShort() {
    long[] nanos = {0};
    AnalysisBench bench =
        new AnalysisBench(
            new ContentJudge(),
            signature -> Optional.empty(),
            () -> nanos[0] += TimeUnit.MILLISECONDS.toNanos(VERDICT_MILLIS));
    List<VmObservation> all = storm(3).observations();
    bench.observe(all.subList(0, 7));
    assertThat(bench.verdicts).as("the second round waits for 4 s to go by").isEqualTo(1);
    bench.now = 4500;
    bench.observe(all.subList(7, 11));
    assertThat(bench.verdicts).as("judged before the timer of 4 s was seen").isEqualTo(2);
    bench.observe(all.subList(11, all.size())).until(8499);
    assertThat(bench.verdicts).as("rests until 8.5 s").isEqualTo(2);
    assertThat(bench.until(8500).verdicts).isEqualTo(3);
    assertThat(bench.published.trust().at().round()).isEqualTo(3);
  }

  @Test
  void aVerdictThatWaitsSurvivesACheckpoint() throws Exception {
    take(storm(7).observations());
    assertThat(judged).hasSize(1);
    OperatorSubtaskState checkpoint = harness.snapshot(1, 1);
    harness.close();
    harness = newHarness();
    harness.setProcessingTime(now);
    harness.initializeState(checkpoint);
    harness.open();
    rest();

    assertThat(judged).hasSize(2);
    assertThat(trustOf("storm").at().round()).isEqualTo(7);
    assertThat(coalesced()).containsExactly(6L);
  }

  @Test
  void aGapBehindAWaitingRoundLosesNoVerdict() throws Exception {
    List<VmObservation> all = storm(3).observations();
    take(all.subList(0, 3 + 4));
    assertThat(judged).hasSize(1);
    take(all.subList(all.size() - 1, all.size()));
    assertThat(judged).hasSize(2);
    assertThat(trustOf("storm").stale()).isTrue();
    assertThat(trustOf("storm").state()).isEqualTo(TrustState.VIOLATED);
    rest();
    assertThat(judged).hasSize(2);
  }

  @Test
  void aRebootWhileARoundWaitsIsNoReasonToJudgeTheOldKernel() throws Exception {
    CaptureScript storm = storm(3).event(ObservationKind.RESET);
    take(storm.observations());
    rest();
    assertThat(judged).hasSize(1);
    int seen = storm.observations().size();
    storm.cleanSnapshot(BUILD);
    take(storm.observations().subList(seen, seen + 3));
    assertThat(judged).hasSize(2);
    assertThat(trustOf("storm").state()).isEqualTo(TrustState.TRUSTED);
    assertThat(coalesced()).containsExactly(0L, 3L);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void whateverIsCoalescedTheLastVerdictIsThatOnTheFinalImage(long seed) throws Exception {
    Random random = new Random(seed);
    CaptureScript storm = new CaptureScript("storm", 100).cleanSnapshot(BUILD);
    take(storm.observations());
    for (int round = 0; round < 40; round++) {
      int seen = storm.observations().size();
      byte[] content =
          random.nextBoolean() ? tampered(random.nextInt(9)) : CaptureScript.page(1, 0, 0);
      storm.patches(Map.of(1 + (long) random.nextInt(11), content));
      for (VmObservation each : storm.observations().subList(seen, seen + 3)) {
        now += random.nextInt(3) == 0 ? random.nextInt(5000) : 0;
        take(List.of(each));
      }
    }
    rest();
    List<FindingRecord> open = open(harness.extractOutputValues());

    CaptureScript atOnce = new CaptureScript("at-once", 100);
    atOnce.memory().putAll(storm.memory());
    AnalysisBench fromScratch = new AnalysisBench();
    fromScratch.book.add(ContentJudge.signatureOf(BUILD));
    fromScratch.observe(atOnce.snapshot().observations());
    assertThat(judged.size()).as("seed %d", seed).isLessThan(40);
    assertThat(trustOf("storm").state())
        .as("seed %d", seed)
        .isEqualTo(fromScratch.lastTrust().state());
    assertThat(open)
        .as("seed %d", seed)
        .extracting(each -> each.frame() + " " + each.actual())
        .containsExactlyInAnyOrderElementsOf(
            fromScratch.findings.stream().map(each -> each.frame() + " " + each.actual()).toList());
  }

  private static List<FindingRecord> open(List<FindingRecord> said) {
    Map<String, FindingRecord> byUid = new LinkedHashMap<>();
    for (FindingRecord each : said) {
      switch (each.activity()) {
        case OPEN, UPDATE -> byUid.put(each.uid(), each);
        case CLOSE -> byUid.remove(each.uid());
      }
    }
    return List.copyOf(byUid.values());
  }
}
