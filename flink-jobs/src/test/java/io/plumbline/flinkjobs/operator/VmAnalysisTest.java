package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.FindingActivity;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.ObservationKind;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.PageRecord;
import io.plumbline.flinkjobs.state.Phase;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.trust.TrustState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmAnalysisTest {
  private static final SharedImages NO_IMAGES = signature -> Optional.empty();

  private static final int BUILD = 7;

  private final CaptureScript script = new CaptureScript("vm-1", 100);

  private static AnalysisBench knowingTheBuild() {
    AnalysisBench bench = new AnalysisBench();
    bench.book.add(ContentJudge.signatureOf(BUILD));
    return bench;
  }

  private static byte[] tampered(int how) {
    return CaptureScript.page(ContentJudge.TAMPERED, how, 0);
  }

  private static SignatureEntry entry(boolean revoked) {
    String id = ContentJudge.idOf(BUILD).value();
    return new SignatureEntry(id, "build-7", "mem:", revoked, new Origin("signatures", 0, 0, -1));
  }

  @Test
  void aCleanGuestOfAKnownBuildIsTrusted() {
    AnalysisBench bench = knowingTheBuild().observe(script.cleanSnapshot(BUILD).observations());

    assertThat(bench.identities).hasSize(1);
    assertThat(bench.identities.get(0).state()).isEqualTo(Identity.State.EXACT);
    assertThat(bench.coverage).hasSize(1);
    assertThat(bench.trust).hasSize(1);
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.TRUSTED);
    assertThat(bench.lastTrust().reasons()).isEmpty();
    assertThat(bench.findings).isEmpty();
    assertThat(bench.resyncs).isEmpty();
    assertThat(bench.refusals).isEmpty();
  }

  @Test
  void aFindingOpensChangesAndClosesUnderOneUid() {
    script.cleanSnapshot(BUILD);
    script.patches(Map.of(3L, tampered(1)));
    script.patches(Map.of(3L, tampered(2)));
    script.patches(Map.of(3L, CaptureScript.page(1, 0, 0)));
    AnalysisBench bench = knowingTheBuild().observe(script.observations());

    assertThat(bench.findings)
        .extracting(FindingRecord::activity)
        .containsExactly(FindingActivity.OPEN, FindingActivity.UPDATE, FindingActivity.CLOSE);
    assertThat(bench.findings)
        .extracting(FindingRecord::uid)
        .containsOnly(bench.findings.get(0).uid());
    assertThat(bench.findings)
        .extracting(FindingRecord::firstSeenAtMicros)
        .containsOnly(1_000_000L);
    assertThat(bench.findings).extracting(each -> each.at().round()).containsExactly(1L, 2L, 3L);
    assertThat(bench.trust)
        .extracting(each -> each.state())
        .containsExactly(TrustState.TRUSTED, TrustState.VIOLATED, TrustState.TRUSTED);
    assertThat(bench.identities).as("identity never changed").hasSize(1);
  }

  @Test
  void aRoundWithoutChangesIsNotJudgedAgain() {
    script.cleanSnapshot(BUILD).patches(Map.of()).patches(Map.of());
    AnalysisBench bench = knowingTheBuild().observe(script.observations());

    assertThat(bench.verdicts).isEqualTo(1);
    assertThat(bench.moves).filteredOn(move -> move == Move.COMPLETE).hasSize(3);
  }

  @Test
  void aRoundThatChangesNothingThatTheVerdictRestsOnIsNotJudged() {
    byte[] elsewhere = CaptureScript.page(1, 0, 0);
    elsewhere[100] = 7;
    byte[] both = tampered(1);
    both[100] = 7;
    script.cleanSnapshot(BUILD).patches(Map.of(3L, elsewhere));
    AnalysisBench bench = knowingTheBuild().observe(script.observations());
    assertThat(bench.verdicts).isEqualTo(1);

    bench.observe(new ArrayList<>(script.patches(Map.of(3L, both)).observations()));

    assertThat(bench.verdicts).isEqualTo(2);
    assertThat(bench.findings).extracting(FindingRecord::frame).containsExactly(3L);
  }

  @Test
  void aChangedRegisterAloneIsJudged() {
    script.cleanSnapshot(BUILD).lstar(2).patches(Map.of());
    AnalysisBench bench = knowingTheBuild().observe(script.observations());

    assertThat(bench.verdicts).isEqualTo(2);
  }

  @Test
  void aRestatedGuestThatDidNotChangeIsNoNews() {
    script.cleanSnapshot(BUILD).patches(Map.of(3L, tampered(1)));
    AnalysisBench bench = knowingTheBuild().observe(script.observations());
    int trust = bench.trust.size();
    script.snapshot();
    bench.observe(script.observations());

    assertThat(bench.findings).hasSize(1);
    assertThat(bench.trust).hasSize(trust);
    assertThat(bench.identities).hasSize(1);
    assertThat(bench.coverage).hasSize(1);
  }

  @Test
  void aWithdrawnFrameShowsInTheVerdict() {
    script.cleanSnapshot(BUILD).round(false, List.of(), List.of(5L));
    AnalysisBench bench = knowingTheBuild().observe(script.observations());

    assertThat(bench.findings).hasSize(1);
    assertThat(bench.findings.get(0).frame()).isEqualTo(5L);
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.UNDECIDED);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void anyRoundsAndAnyBatchesEndInTheVerdictOnTheFinalImage(long seed) {
    Random random = new Random(seed);
    script.cleanSnapshot(BUILD);
    Map<Long, byte[]> image = new TreeMap<>();
    for (int round = 0; round < 6; round++) {
      List<PageRecord> pages = new ArrayList<>();
      for (long frame = 1; frame < ContentJudge.FRAMES; frame++) {
        if (random.nextInt(3) == 0) {
          byte[] content =
              random.nextBoolean()
                  ? tampered(random.nextInt(100))
                  : CaptureScript.page(1, 0, random.nextInt(100));
          pages.add(CaptureScript.full(frame, content));
          image.put(frame, content);
        }
      }
      Collections.shuffle(pages, random);
      script.round(false, batches(pages, random), List.of());
    }
    AnalysisBench stepByStep = knowingTheBuild().observe(script.observations());

    CaptureScript atOnce = new CaptureScript("vm-1", 100).cleanSnapshot(BUILD).patches(image);
    AnalysisBench fromScratch = knowingTheBuild().observe(atOnce.observations());

    assertThat(verdictOf(stepByStep)).as("seed %d", seed).isEqualTo(verdictOf(fromScratch));
    assertThat(stepByStep.frames(NO_IMAGES)).isNotEmpty().isEqualTo(fromScratch.frames(NO_IMAGES));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void theSameObservationAgainIsAsIfItCameOnce(long seed) {
    Random random = new Random(seed);
    script.cleanSnapshot(BUILD).patches(Map.of(3L, tampered(1), 4L, tampered(2)));
    AnalysisBench once = knowingTheBuild().observe(script.observations());
    AnalysisBench often = knowingTheBuild();
    List<VmObservation> sent = script.observations();
    for (int i = 0; i < sent.size(); i++) {
      often.observe(sent.get(i));
      int again = random.nextInt(i + 1);
      often.observe(sent.subList(again, i + 1));
    }

    assertThat(often.findings).as("seed %d", seed).isEqualTo(once.findings);
    assertThat(often.trust).as("seed %d", seed).isEqualTo(once.trust);
    assertThat(often.thread).as("seed %d", seed).isEqualTo(once.thread);
    assertThat(often.moves).contains(Move.DUPLICATE);
    assertThat(often.resyncs).isEmpty();
  }

  @Test
  void everyMissingObservationMarksTheVmStaleAndAsksForOneSnapshot() {
    script.cleanSnapshot(BUILD).patches(Map.of(3L, tampered(1))).patches(Map.of(4L, tampered(1)));
    List<VmObservation> sent = script.observations();
    int snapshotEnd = 3;
    for (int missing = snapshotEnd; missing < sent.size() - 3; missing++) {
      AnalysisBench bench = knowingTheBuild();
      bench.observe(sent.subList(0, missing)).observe(sent.get(missing + 1));

      assertThat(bench.resyncs).as("without record %d", missing).hasSize(1);
      assertThat(bench.resyncs.get(0).expectedSequence()).isEqualTo(missing);
      assertThat(bench.resyncs.get(0).foundSequence()).isEqualTo(missing + 1);
      assertThat(bench.lastTrust().stale()).isTrue();
      assertThat(bench.thread.phase()).isEqualTo(Phase.LOST);
    }
  }

  @Test
  void afterAGapNothingIsJudgedUntilASnapshotHealsIt() {
    script.cleanSnapshot(BUILD).patches(Map.of(3L, tampered(1)));
    List<VmObservation> sent = script.observations();
    AnalysisBench bench = knowingTheBuild().observe(sent.subList(0, 3));
    bench.observe(sent.subList(4, sent.size()));
    assertThat(bench.verdicts).isEqualTo(1);
    assertThat(bench.lastTrust().stale()).isTrue();

    int before = script.observations().size();
    script.snapshot();
    bench.observe(script.observations().subList(before, script.observations().size()));

    assertThat(bench.verdicts).isEqualTo(2);
    assertThat(bench.lastTrust().stale()).isFalse();
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void aBoundaryThatCountsMorePagesThanCameIsNoCompleteCapture() {
    script.cleanSnapshot(BUILD);
    List<VmObservation> sent = script.observations();
    VmObservation pages = sent.get(1);
    VmObservation fewer =
        new VmObservation(
            pages.vmId(),
            pages.hostId(),
            pages.epoch(),
            pages.sequence(),
            pages.capturedAtMicros(),
            pages.kind(),
            pages.round(),
            pages.snapshot(),
            pages.origin(),
            pages.original(),
            pages.vcpus(),
            pages.pages().subList(1, pages.pages().size()),
            pages.withdrawn(),
            pages.counts(),
            false);
    AnalysisBench bench = knowingTheBuild().observe(List.of(sent.get(0), fewer, sent.get(2)));

    assertThat(bench.verdicts).isZero();
    assertThat(bench.resyncs).hasSize(1);
    assertThat(bench.lastTrust().stale()).isTrue();
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.UNDECIDED);
  }

  @Test
  void aPatchThatMeetsAnotherPageIsRefusedWithItsOriginalAndAsksForASnapshot() {
    script.cleanSnapshot(BUILD).patches(Map.of(3L, CaptureScript.page(1, 9, 9)));
    List<VmObservation> sent = script.observations();
    AnalysisBench bench = knowingTheBuild().observe(sent.subList(0, 4));
    CapturedPages pages = bench.captured(NO_IMAGES);
    pages.keep(3, CaptureScript.page(2, 2, 2));
    pages.flush();
    bench.observe(sent.subList(4, sent.size()));

    assertThat(bench.refusals).hasSize(1);
    assertThat(bench.refusals.get(0).reason()).contains("frame 0x3");
    assertThat(bench.refusals.get(0).original()).containsExactly(42);
    assertThat(bench.resyncs).isNotEmpty();
    assertThat(bench.lastTrust().stale()).isTrue();
    assertThat(bench.verdicts).isEqualTo(1);
  }

  @Test
  void aSupersededCollectorIsReportedOnceAndChangesNothing() {
    CaptureScript old = new CaptureScript("vm-1", 99).cleanSnapshot(BUILD);
    old.patches(Map.of(3L, tampered(1)));
    AnalysisBench bench = knowingTheBuild().observe(script.cleanSnapshot(BUILD).observations());
    bench.observe(old.observations());

    assertThat(bench.refusals).hasSize(1);
    assertThat(bench.refusals.get(0).reason()).contains("99").contains("100");
    assertThat(bench.findings).isEmpty();
    assertThat(bench.thread.epoch()).isEqualTo(100);
    assertThat(bench.thread.phase()).isEqualTo(Phase.AT_BOUNDARY);
  }

  @Test
  void aNewCollectorStartsWithASnapshotAndNeedsNoResync() {
    AnalysisBench bench = knowingTheBuild().observe(script.cleanSnapshot(BUILD).observations());
    CaptureScript next = new CaptureScript("vm-1", 101);
    next.event(ObservationKind.RESET).cleanSnapshot(BUILD);
    bench.observe(next.observations());

    assertThat(bench.resyncs).isEmpty();
    assertThat(bench.thread.epoch()).isEqualTo(101);
    assertThat(bench.lastTrust().stale()).isFalse();
  }

  @Test
  void aNewCollectorWhoseBeginningIsMissingIsAskedForASnapshot() {
    AnalysisBench bench = knowingTheBuild().observe(script.cleanSnapshot(BUILD).observations());
    CaptureScript next = new CaptureScript("vm-1", 101).cleanSnapshot(BUILD);
    bench.observe(next.observations().subList(1, 3));

    assertThat(bench.resyncs.get(0).expectedEpoch()).isEqualTo(100);
    assertThat(bench.resyncs.get(0).foundEpoch()).isEqualTo(101);
    assertThat(bench.lastTrust().stale()).isTrue();
  }

  @Test
  void aRebootForgetsTheCapture() {
    AnalysisBench bench = knowingTheBuild().observe(script.cleanSnapshot(BUILD).observations());
    bench.observe(script.event(ObservationKind.RESET).last());

    assertThat(bench.pageIndex).isNull();
    assertThat(bench.whole.blocks).isEmpty();
    assertThat(bench.vcpus).isNull();
    assertThat(bench.thread.phase()).isEqualTo(Phase.EXPECTS_SNAPSHOT);
  }

  @Test
  void aStoppedVmLeavesNothingAndClosesItsFindings() {
    script.cleanSnapshot(BUILD).patches(Map.of(3L, tampered(1))).event(ObservationKind.STOPPED);
    AnalysisBench bench = knowingTheBuild().observe(script.observations());

    assertThat(bench.thread).isNull();
    assertThat(bench.vcpus).isNull();
    assertThat(bench.published).isNull();
    assertThat(bench.pageIndex).isNull();
    assertThat(bench.whole.blocks).isEmpty();
    assertThat(bench.findings)
        .extracting(FindingRecord::activity)
        .containsExactly(FindingActivity.OPEN, FindingActivity.CLOSE);
  }

  @Test
  void anUnknownBuildIsSaidToBeUnknownAndJudgedAgainWhenItsSignatureIsAnnounced() {
    AnalysisBench bench = new AnalysisBench().observe(script.cleanSnapshot(BUILD).observations());
    assertThat(bench.identities.get(0).state()).isEqualTo(Identity.State.UNKNOWN);
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.UNDECIDED);

    bench.book.add(ContentJudge.signatureOf(BUILD));
    bench.analysis.signatureChanged("vm-1", entry(false), bench, () -> bench.book, bench);

    assertThat(bench.identities).hasSize(2);
    assertThat(bench.identities.get(1).state()).isEqualTo(Identity.State.EXACT);
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.TRUSTED);
    assertThat(bench.thread.changed()).isFalse();
  }

  @Test
  void anAnnouncementInsideARoundWaitsForTheRoundsEnd() {
    AnalysisBench bench = new AnalysisBench().observe(script.cleanSnapshot(BUILD).observations());
    List<VmObservation> round = script.patches(Map.of()).observations().subList(3, 5);
    bench.observe(round.get(0));
    bench.book.add(ContentJudge.signatureOf(BUILD));
    bench.analysis.signatureChanged("vm-1", entry(false), bench, () -> bench.book, bench);
    assertThat(bench.verdicts).isEqualTo(1);

    bench.observe(round.get(1));
    assertThat(bench.verdicts).isEqualTo(2);
    assertThat(bench.identities.get(1).state()).isEqualTo(Identity.State.EXACT);
  }

  @Test
  void aRevokedSignatureMakesItsGuestsUnknown() {
    AnalysisBench bench = knowingTheBuild().observe(script.cleanSnapshot(BUILD).observations());
    bench.book.clear();
    bench.analysis.signatureChanged("vm-1", entry(true), bench, () -> bench.book, bench);

    assertThat(bench.identities.get(1).state()).isEqualTo(Identity.State.UNKNOWN);
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.UNDECIDED);
  }

  private static List<List<PageRecord>> batches(List<PageRecord> pages, Random random) {
    List<List<PageRecord>> batches = new ArrayList<>();
    for (int from = 0; from < pages.size(); ) {
      int to = Math.min(pages.size(), from + 1 + random.nextInt(4));
      batches.add(pages.subList(from, to));
      from = to;
    }
    return batches;
  }

  /** What is published in the end, whatever rounds led there. */
  private static List<Object> verdictOf(AnalysisBench bench) {
    List<Object> said = new ArrayList<>();
    said.add(bench.published.identity().asOf(null));
    said.add(bench.published.coverage().asOf(null));
    said.add(bench.published.trust().asOf(null));
    bench.published.findings().forEach(each -> said.add(each.becoming(null, null, 0)));
    return said;
  }
}
