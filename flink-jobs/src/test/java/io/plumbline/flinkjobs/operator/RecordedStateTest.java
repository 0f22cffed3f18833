package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plumbline.flinkjobs.state.ObservationKind;
import io.plumbline.flinkjobs.state.PageRecord;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the state of a recorded guest takes on RocksDB, at every boundary of its story. */
@SuppressWarnings(
    "try") // The harness' close may throw InterruptedException, which then ends the test.
class RecordedStateTest {
  /** 1 MB for a VM of a known kernel. */
  private static final long MOST_OF_A_KNOWN_KERNEL = 1_000_000;

  /** 1.3 times its watched pages for a VM of an unknown one. */
  private static final double MOST_OF_AN_UNKNOWN_KERNEL = 1.3;

  @TempDir private Path folder;

  static List<String> releases() {
    return RecordedGuests.releases();
  }

  @ParameterizedTest
  @MethodSource("releases")
  void aGuestOfAKnownKernelTakesAtMostAMegabyte(String release) throws Exception {
    Optional<KernelSignature> signature = RecordedGuests.packaged(release);
    assumeTrue(signature.isPresent(), "PLUMBLINE_KERNELS names no package of " + release);
    List<VmObservation> story = RecordedGuests.observations(release);
    try (AnalysisHarness harness =
        new AnalysisHarness(
            () -> new KernelJudge(JudgeSettings.STANDARD, () -> 0),
            (id, where) -> signature.get())) {
      harness.onRocksDb().checkpointingTo(folder).open();
      harness.processBroadcastElement(PackagedKernel.entry(signature.get().id().value(), false), 0);
      long checkpoint = 0;
      for (VmObservation each : story) {
        harness.processElement(each, 0);
        // Two rounds show a fresh state and a changed one; a verdict on each would take minutes.
        if (each.kind() == ObservationKind.BOUNDARY && ++checkpoint <= 2) {
          assertThat(harness.mergedCheckpointBytes(checkpoint))
              .as("round %d", each.round())
              .isBetween(100_000L, MOST_OF_A_KNOWN_KERNEL);
        } else if (checkpoint == 2) {
          break;
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("releases")
  void aGuestOfAnUnknownKernelTakesLittleMoreThanItsPages(String release) throws Exception {
    Set<Long> watched = new HashSet<>();
    try (AnalysisHarness harness =
        new AnalysisHarness(ContentJudge::new, (id, where) -> ContentJudge.signatureOf(1))) {
      harness.onRocksDb().checkpointingTo(folder).open();
      long checkpoint = 0;
      for (VmObservation each : RecordedGuests.observations(release)) {
        harness.processElement(each, 0);
        each.pages().stream().map(PageRecord::frame).forEach(watched::add);
        for (long frame : each.withdrawn()) {
          watched.remove(frame);
        }
        if (each.kind() == ObservationKind.BOUNDARY) {
          assertThat(harness.checkpointBytes(++checkpoint))
              .as("round %d of %d pages", each.round(), watched.size())
              .isLessThanOrEqualTo((long) (MOST_OF_AN_UNKNOWN_KERNEL * 4096 * watched.size()));
        }
      }
      assertThat(checkpoint).isEqualTo(10);
    }
  }
}
