package io.plumbline.cli.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.cli.answers.AnswerKey;
import io.plumbline.cli.answers.ExpectedFinding;
import io.plumbline.cli.answers.ExpectedRound;
import io.plumbline.ingest.capture.CaptureRounds;
import io.plumbline.ingest.capture.CapturedVm;
import io.plumbline.ingest.capture.KernelFrames;
import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.capture.PagesMode;
import io.plumbline.ingest.recording.ReplayedGuest;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.reach.ConsultedFrames;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import io.plumbline.signaturestore.keep.EnrolledSignatures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every recorded guest judged at each of its boundaries, by signatures that were enrolled from
 * other boots, and held against what was done to it.
 */
class RecordedGuestsTest {
  private static EnrolledSignatures book;

  @BeforeAll
  static void loadSignatures() throws IOException {
    book = Samples.book();
  }

  static List<Path> recordings() {
    return Samples.recordings();
  }

  @Test
  void threeGenerationsOfTheKernelAreRecordedAndEnrolled() {
    assertThat(recordings())
        .extracting(file -> Samples.key(file).build().replaceAll("^(\\d+\\.\\d+)\\..*", "$1"))
        .containsExactlyInAnyOrder("5.10", "6.1", "6.12");
    assertThat(book.signatures())
        .extracting(signature -> signature.name().build())
        .containsAll(recordings().stream().map(file -> Samples.key(file).build()).toList());
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void everyRoundSaysWhatWasDoneAndNothingElse(Path recording) throws Exception {
    AnswerKey key = Samples.key(recording);
    String vmId = Samples.vmId(recording);
    AtomicInteger judged = new AtomicInteger();
    Samples.replay(
        recording,
        (boundary, observation, guest) -> {
          ExpectedRound round = key.rounds().get((int) boundary.round());
          Verdict verdict = Samples.judge(vmId, guest, book);
          assertSays(key.build(), round, verdict);
          judged.incrementAndGet();
        });
    assertThat(judged).as("rounds").hasValue(key.rounds().size());
  }

  private static void assertSays(String build, ExpectedRound round, Verdict verdict) {
    assertThat(verdict.identity().build()).as(round.did()).map(BuildName::build).contains(build);
    assertThat(verdict.identity().state())
        .as(round.did())
        .isIn(Identity.State.EXACT, Identity.State.NEAREST);
    assertThat(verdict.blindSpots()).as(round.did()).isEmpty();
    assertThat(verdict.findings()).as(round.did()).hasSameSizeAs(round.findings());
    for (ExpectedFinding wanted : round.findings()) {
      assertThat(verdict.findings())
          .as("%s: expected %s", round.did(), wanted)
          .anyMatch(found -> wanted.is(SaidFindings.of("vm", 0, found)));
    }
    assertThat(verdict.trust())
        .as(round.did())
        .isEqualTo(round.tampering() ? TrustState.VIOLATED : TrustState.TRUSTED);
    if (!round.tampering()) {
      assertThat(verdict.identity().state()).as(round.did()).isEqualTo(Identity.State.EXACT);
    }
  }

  /** Law: whatever the rounds were, the verdict is that of the guest as it stands. */
  @ParameterizedTest
  @MethodSource("recordings")
  void roundAfterRoundIsJudgedAsASnapshotOfTheSameMomentIs(Path recording) throws Exception {
    List<ExpectedRound> rounds = Samples.key(recording).rounds();
    String vmId = Samples.vmId(recording);
    Samples.replay(
        recording,
        (boundary, observation, guest) -> {
          ExpectedRound round = rounds.get((int) boundary.round());
          boolean last = boundary.round() == rounds.size() - 1;
          if (last || isCodeTampering(round)) {
            Verdict incremental = Samples.judge(vmId, guest, book);
            Verdict fromSnapshot =
                Samples.judge(vmId, snapshot(observation.vm(), guest, observation), book);
            assertSame(round.did(), incremental, fromSnapshot);
          }
        });
  }

  private static boolean isCodeTampering(ExpectedRound round) {
    return round.findings().stream()
        .anyMatch(finding -> finding.type().equals("unexpected_code_modification"));
  }

  private static void assertSame(String round, Verdict one, Verdict other) {
    assertThat(other.identity()).as(round).isEqualTo(one.identity());
    assertThat(other.coverage()).as(round).isEqualTo(one.coverage());
    assertThat(other.trust()).as(round).isEqualTo(one.trust());
    assertThat(other.findings()).as(round).isEqualTo(one.findings());
    assertThat(other.blindSpots()).as(round).isEqualTo(one.blindSpots());
  }

  private static ReplayedGuest snapshot(CapturedVm vm, ReplayedGuest guest, Observation of)
      throws Exception {
    ReplayedGuest copy = new ReplayedGuest();
    new CaptureRounds(vm, new KernelFrames(ExplorationBudget.STANDARD), 0)
        .capture(guest, guest.vcpus(), of.capturedAt(), copy::apply);
    return copy;
  }

  /** What leaves a host is what a verdict rests on, and no program's memory. */
  @ParameterizedTest
  @MethodSource("recordings")
  void aRecordingHoldsNoFrameThatAVerdictDoesNotRestOn(Path recording) throws Exception {
    int rounds = Samples.key(recording).rounds().size();
    Samples.replay(
        recording,
        (boundary, observation, guest) -> {
          assertThat(boundary.pagesMode()).isEqualTo(PagesMode.KERNEL);
          if (boundary.round() == 0 || boundary.round() == rounds - 1) {
            Set<FrameNumber> consulted =
                new TreeSet<>(ConsultedFrames.of(guest, guest.vcpus(), ExplorationBudget.STANDARD));
            consulted.removeIf(frame -> guest.read(frame).isEmpty());
            assertThat(guest.frames()).as("frames held").isEqualTo(consulted.size());
          }
        });
  }
}
