package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.ObservationKind;
import io.plumbline.flinkjobs.state.Phase;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.TrustState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Guests of a known package, whose pages are kept as differences from its image. */
class ShrunkPagesTest {
  private final PackagedKernel kernel = new PackagedKernel();
  private final CaptureScript script = new CaptureScript("vm-1", 100);
  private final AnalysisBench bench = new AnalysisBench(PackagedKernel.judge(), kernel);
  private int told;

  ShrunkPagesTest() {
    bench.book.add(kernel.signature(PackagedKernel.ONE));
  }

  /** Shows the bench what the script says and was not shown yet. */
  private void observe() {
    List<VmObservation> all = script.observations();
    bench.observe(all.subList(told, all.size()));
    told = all.size();
  }

  private void capture(SyntheticGuest guest) {
    script.capture(guest);
    observe();
  }

  private long frameOf(String symbol) {
    return PackagedKernel.guest()
        .addressSpace()
        .translateToFrame(SyntheticImage.classic().addressOf(symbol));
  }

  private void assertEveryByteIsTold() {
    assertEveryByteIsTold(bench, script);
  }

  private void assertEveryByteIsTold(AnalysisBench of, CaptureScript story) {
    CapturedPages pages = of.captured(kernel);
    story
        .memory()
        .forEach(
            (frame, content) ->
                assertThat(pages.read(new FrameNumber(frame)).orElseThrow().toByteArray())
                    .as("frame %x", frame)
                    .isEqualTo(content));
  }

  @Test
  void noPageIsKeptWholeAndEveryByteIsTold() {
    capture(PackagedKernel.guest());

    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.TRUSTED);
    assertThat(bench.whole.blocks).isEmpty();
    assertThat(bench.packed.bytes()).isLessThan(script.memory().size() * 4096L / 16);
    assertEveryByteIsTold();
  }

  @Test
  void whateverHappensIsSaidAsItIsSaidOfPagesThatAreKeptWhole() {
    SyntheticImage changedData = SyntheticImage.classic().withData("hash", 0x38, 0x1234);
    SyntheticImage both = SyntheticImage.classic().withText("function_a", 3, 0x90);
    script.capture(PackagedKernel.guest());
    script.capture(PackagedKernel.tampered());
    script.capture(PackagedKernel.guest(changedData));
    script.capture(PackagedKernel.guest(both.withReadOnly(0x5100, 0x41)));
    script.round(false, List.of(), List.of(frameOf("function_a")));
    script.snapshot();
    script.capture(PackagedKernel.guest());
    AnalysisBench whole = new AnalysisBench(PackagedKernel.judge(), signature -> Optional.empty());
    whole.book.addAll(bench.book);
    for (VmObservation each : script.observations()) {
      whole.observe(each);
      bench.observe(each);
    }

    assertThat(whole.whole.blocks).isNotEmpty();
    assertThat(whole.packed.blocks).isEmpty();
    assertThat(bench.whole.blocks).isEmpty();
    assertThat(bench.packed.blocks).isNotEmpty();
    assertThat(bench.findings).isNotEmpty().isEqualTo(whole.findings);
    assertThat(bench.trust).hasSizeGreaterThan(4).isEqualTo(whole.trust);
    assertThat(bench.identities).isEqualTo(whole.identities);
    assertThat(bench.coverage).isEqualTo(whole.coverage);
    assertThat(bench.resyncs).isEmpty();
    assertEveryByteIsTold();
  }

  @Test
  void aTamperedPageIsFoundOverAShrunkOneAndAgainWhenNothingElseChanges() {
    capture(PackagedKernel.guest());
    capture(PackagedKernel.tampered());

    assertThat(bench.findings)
        .extracting(each -> each.type())
        .containsExactly(FindingType.UNEXPECTED_CODE_MODIFICATION);
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.VIOLATED);
    assertEveryByteIsTold();
    script.lstar(2);
    capture(PackagedKernel.tampered());
    assertThat(bench.verdicts).isEqualTo(2);
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void aWithdrawnPageDoesNotComeBackFromTheImage() {
    capture(PackagedKernel.guest());
    long frame = frameOf("function_a");
    script.round(false, List.of(), List.of(frame));
    observe();

    assertThat(bench.captured(kernel).read(new FrameNumber(frame))).isEmpty();
    assertThat(bench.lastTrust().state()).isNotEqualTo(TrustState.TRUSTED);
    script.lstar(3).patches(Map.of());
    observe();
    assertThat(bench.captured(kernel).read(new FrameNumber(frame))).isEmpty();
  }

  @Test
  void aLostBodyMakesTheVmStaleAndItsPagesAreAskedForAgain() {
    capture(PackagedKernel.guest());
    kernel.missing.add(PackagedKernel.ONE);
    bench.book.clear();
    bench.judgeAnew();
    script.patches(Map.of());
    observe();

    assertThat(bench.thread.phase()).isEqualTo(Phase.LOST);
    assertThat(bench.lastTrust().stale()).isTrue();
    assertThat(bench.resyncs).hasSize(1);
    assertThat(bench.resyncs.get(0).reason())
        .contains("pages are kept as differences")
        .contains(PackagedKernel.ONE);
    assertThat(bench.verdicts).isEqualTo(1);

    script.snapshot();
    observe();
    assertThat(bench.verdicts).isEqualTo(2);
    assertThat(bench.lastTrust().stale()).isFalse();
    assertThat(bench.lastTrust().state()).isNotEqualTo(TrustState.TRUSTED);
    assertThat(bench.image).isNull();
    assertEveryByteIsTold();
  }

  @Test
  void aDeltaOverAPageWhoseImageIsLostIsAGapAndNotADeadLetter() {
    capture(PackagedKernel.guest());
    kernel.missing.add(PackagedKernel.ONE);
    script.capture(PackagedKernel.tampered());
    observe();

    assertThat(bench.resyncs).isNotEmpty();
    assertThat(bench.refusals).isEmpty();
    assertThat(bench.thread.phase()).isEqualTo(Phase.LOST);
    assertThat(bench.lastTrust().stale()).isTrue();
  }

  @Test
  void aRevokedSignatureJudgesNoMoreAndStillTellsThePagesKeptOverIt() {
    capture(PackagedKernel.guest());
    bench.book.clear();
    revoke(PackagedKernel.ONE);

    assertThat(bench.identities.get(1).state()).isEqualTo(Identity.State.UNKNOWN);
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.UNDECIDED);
    assertThat(bench.lastTrust().stale()).isFalse();
    assertThat(bench.resyncs).isEmpty();
    assertEveryByteIsTold();
    script.capture(PackagedKernel.tampered());
    observe();
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.UNDECIDED);
    assertEveryByteIsTold();
  }

  @Test
  void aSignatureThatIsRevokedAndGoneIsAskedForAtTheEndOfTheNextRound() {
    capture(PackagedKernel.guest());
    kernel.missing.add(PackagedKernel.ONE);
    bench.book.clear();
    revoke(PackagedKernel.ONE);

    assertThat(bench.lastTrust().stale()).isTrue();
    assertThat(bench.resyncs).isEmpty();
    script.patches(Map.of());
    observe();
    assertThat(bench.resyncs).hasSize(1);
    script.snapshot();
    observe();
    assertThat(bench.lastTrust().stale()).isFalse();
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.UNDECIDED);
  }

  @Test
  void pagesMoveToAnotherSignaturesImageWithoutLosingAByte() {
    capture(PackagedKernel.guest());
    bench.book.clear();
    bench.book.add(kernel.signature(PackagedKernel.OTHER));
    revoke(PackagedKernel.ONE);
    kernel.missing.add(PackagedKernel.ONE);

    assertThat(bench.image.signature()).isEqualTo(PackagedKernel.OTHER);
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.TRUSTED);
    assertThat(bench.whole.blocks).isEmpty();
    assertThat(bench.packed.blocks).isNotEmpty();
    assertEveryByteIsTold();
  }

  @Test
  void aRebootForgetsTheImage() {
    capture(PackagedKernel.guest());
    script.event(ObservationKind.RESET);
    observe();

    assertThat(bench.image).isNull();
    assertThat(bench.packed.blocks).isEmpty();
    assertThat(bench.whole.blocks).isEmpty();
  }

  @Test
  void aVmThatWasUnknownIsExactOnceItsPackageIsAnnounced() {
    bench.book.clear();
    capture(PackagedKernel.guest());
    assertThat(bench.identities.get(0).state()).isEqualTo(Identity.State.UNKNOWN);
    assertThat(bench.image).isNull();

    bench.book.add(kernel.signature(PackagedKernel.ONE));
    bench.analysis.signatureChanged(
        "vm-1", PackagedKernel.entry(PackagedKernel.ONE, false), bench, () -> bench.book, bench);

    assertThat(bench.identities.get(1).state()).isEqualTo(Identity.State.EXACT);
    assertThat(bench.lastTrust().state()).isEqualTo(TrustState.TRUSTED);
    assertThat(bench.whole.blocks).isEmpty();
    assertThat(bench.packed.blocks).isNotEmpty();
    assertEveryByteIsTold();
  }

  @Test
  void aChangeIsKeptBesideThePackedPagesUntilTheNextVerdict() {
    capture(PackagedKernel.guest());
    int written = bench.packed.written;
    script.capture(PackagedKernel.tampered());
    List<VmObservation> round = script.observations();
    bench.observe(round.subList(told, round.size() - 1));

    assertThat(bench.packed.written).isEqualTo(written);
    assertThat(bench.whole.blocks).hasSize(1);
    assertThat(bench.whole.bytes()).isEqualTo(5 + 4096);
    assertEveryByteIsTold();
    bench.observe(round.get(round.size() - 1));
    assertThat(bench.packed.written).isEqualTo(written + 1);
    assertThat(bench.whole.blocks).isEmpty();
    assertEveryByteIsTold();
  }

  @Test
  void stateOfAnOlderVersionIsTakenIntoBlocksAndSaysTheSame() throws Exception {
    for (boolean shrunk : new boolean[] {true, false}) {
      AnalysisBench old = new AnalysisBench(PackagedKernel.judge(), kernel);
      old.book.addAll(bench.book);
      CaptureScript story = new CaptureScript("vm-1", 100).capture(PackagedKernel.guest());
      int before = story.observations().size();
      story.capture(PackagedKernel.tampered());
      old.observe(story.observations().subList(0, before));
      if (shrunk) {
        OldState.ofShrunkPages(old, kernel);
        assertThat(old.oldBlocks).isNotEmpty();
      } else {
        OldState.ofWholePages(old, kernel);
      }
      old.observe(story.observations().subList(before, story.observations().size()));

      assertThat(old.oldPages).isEmpty();
      assertThat(old.oldBlocks).isEmpty();
      assertThat(old.whole.blocks).isEmpty();
      assertThat(old.image.held()).isEmpty();
      assertThat(old.lastTrust().state()).isEqualTo(TrustState.VIOLATED);
      assertThat(old.resyncs).isEmpty();
      assertThat(old.frames(kernel)).isEqualTo(story.memory().keySet());
      assertEveryByteIsTold(old, story);
    }
  }

  @Test
  void stateOfAnOlderVersionWhoseImageIsGoneIsAskedForAgain() throws Exception {
    capture(PackagedKernel.guest());
    OldState.ofShrunkPages(bench, kernel);
    kernel.missing.add(PackagedKernel.ONE);
    script.capture(PackagedKernel.tampered());
    observe();

    assertThat(bench.thread.phase()).isEqualTo(Phase.LOST);
    assertThat(bench.resyncs).isNotEmpty();
    bench.book.clear();
    script.snapshot();
    observe();
    assertThat(bench.lastTrust().stale()).isFalse();
    assertThat(bench.oldBlocks).isEmpty();
    assertEveryByteIsTold();
  }

  @Test
  void damagedStateIsLostAndAskedForAgain() {
    capture(PackagedKernel.guest());
    bench.packed.blocks.replaceAll((group, stored) -> new byte[] {1, 2, 3});
    bench.judgeAnew();
    script.patches(Map.of());
    observe();

    assertThat(bench.thread.phase()).isEqualTo(Phase.LOST);
    assertThat(bench.resyncs.get(0).reason()).startsWith("state: expected");
  }

  private void revoke(String id) {
    bench.analysis.signatureChanged(
        "vm-1", PackagedKernel.entry(id, true), bench, () -> bench.book, bench);
  }
}
