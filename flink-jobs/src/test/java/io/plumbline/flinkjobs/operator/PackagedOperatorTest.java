package io.plumbline.flinkjobs.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.trust.TrustState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The operator with signatures from packages: announced late, revoked, restored. */
@SuppressWarnings(
    "try") // The harness' close may throw InterruptedException, which then ends the test.
class PackagedOperatorTest {
  /** Of its own, because the process keeps what it once read. */
  private static final String ID = "sha256:" + "a1".repeat(32);

  private final Set<Thread> others = threads();

  private static KernelSignature load(SignatureId id, String location) {
    return new PackagedKernel().signature(id.value());
  }

  private static SignatureEntry entry(boolean revoked) {
    return PackagedKernel.entry(ID, revoked);
  }

  private static AnalysisHarness harness(boolean rocksDb) throws Exception {
    AnalysisHarness harness =
        new AnalysisHarness(PackagedKernel::judge, PackagedOperatorTest::load);
    return rocksDb ? harness.onRocksDb() : harness;
  }

  private static List<VmObservation> story() {
    CaptureScript script = new CaptureScript("vm-1", 100).capture(PackagedKernel.guest());
    script.capture(PackagedKernel.tampered());
    script.capture(PackagedKernel.guest(SyntheticImage.classic().withData("hash", 0x38, 0x1234)));
    script.capture(PackagedKernel.guest());
    return script.observations();
  }

  private static List<Object> everything(AnalysisHarness harness) {
    List<Object> all = new ArrayList<>(harness.extractOutputValues());
    all.addAll(harness.said(Outputs.IDENTITIES));
    all.addAll(harness.said(Outputs.COVERAGE));
    all.addAll(harness.said(Outputs.TRUST));
    all.addAll(harness.said(Outputs.RESYNC_REQUESTS));
    return all;
  }

  @Test
  void aVmThatWasUnknownIsJudgedAgainWhenItsPackageIsAnnouncedAndWhenItIsRevoked()
      throws Exception {
    try (AnalysisHarness harness = harness(false)) {
      harness.open();
      harness.observe(new CaptureScript("vm-1", 5).capture(PackagedKernel.guest()).observations());
      harness.observe(
          new CaptureScript("vm-2", 5).capture(PackagedKernel.tampered()).observations());
      harness.processBroadcastElement(entry(false), 0);
      harness.processBroadcastElement(entry(true), 0);

      assertThat(harness.said(Outputs.IDENTITIES))
          .filteredOn(each -> each.at().vmId().equals("vm-1"))
          .extracting(IdentityRecord::state)
          .containsExactly(Identity.State.UNKNOWN, Identity.State.EXACT, Identity.State.UNKNOWN);
      assertThat(harness.said(Outputs.TRUST))
          .filteredOn(each -> each.at().vmId().equals("vm-1"))
          .extracting(TrustRecord::state)
          .containsExactly(TrustState.UNDECIDED, TrustState.TRUSTED, TrustState.UNDECIDED);
      assertThat(harness.said(Outputs.TRUST))
          .filteredOn(each -> each.at().vmId().equals("vm-2"))
          .extracting(TrustRecord::state)
          .containsExactly(TrustState.UNDECIDED, TrustState.VIOLATED, TrustState.UNDECIDED);
      assertThat(harness.said(Outputs.TRUST)).noneMatch(TrustRecord::stale);
      assertThat(harness.said(Outputs.RESYNC_REQUESTS)).isEmpty();
    }
  }

  @Test
  void aJobThatIsToldOfABuildPreparesItAndItsThreadEndsWithTheOperator() throws Exception {
    try (AnalysisHarness harness = harness(false)) {
      harness.open();
      assertThat(preparing()).as("nothing to do, no thread").isEmpty();
      harness.processBroadcastElement(entry(false), 0);
      assertThat(preparing()).hasSize(1).allMatch(Thread::isDaemon);
    }
    assertThat(preparing()).isEmpty();
  }

  @Test
  void aRestoredJobPreparesWhatItKnowsWithTheFirstPageThatArrives() throws Exception {
    OperatorSubtaskState checkpoint;
    try (AnalysisHarness first = harness(false)) {
      first.open();
      first.processBroadcastElement(entry(false), 0);
      checkpoint = first.snapshot(1, 1);
    }
    try (AnalysisHarness after = harness(false)) {
      after.initializeState(checkpoint);
      after.open();
      after.observe(story().subList(0, 1));
      assertThat(after.said(Outputs.TRUST)).as("no verdict yet").isEmpty();
      assertThat(preparing()).hasSize(1);
    }
    assertThat(preparing()).isEmpty();
  }

  /** Threads that prepare, but for those that were there before the test. */
  private List<Thread> preparing() {
    return threads().stream().filter(each -> !others.contains(each)).toList();
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(each -> each.getName().equals(BuildsAhead.THREAD))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aJobRestoredAfterAnyPrefixWithShrunkPagesSaysWhatTheUninterruptedOneSays(boolean rocksDb)
      throws Exception {
    List<VmObservation> story = story();
    List<Object> uninterrupted;
    try (AnalysisHarness harness = harness(rocksDb)) {
      harness.open();
      harness.processBroadcastElement(entry(false), 0);
      harness.observe(story);
      uninterrupted = everything(harness);
      assertThat(harness.said(Outputs.TRUST))
          .extracting(TrustRecord::state)
          .containsExactly(TrustState.TRUSTED, TrustState.VIOLATED, TrustState.TRUSTED);
    }
    for (int prefix = 0; prefix <= story.size(); prefix++) {
      OperatorSubtaskState checkpoint;
      List<Object> said;
      try (AnalysisHarness before = harness(rocksDb)) {
        before.open();
        before.processBroadcastElement(entry(false), 0);
        before.observe(story.subList(0, prefix));
        checkpoint = before.snapshot(1, 1);
        said = everything(before);
      }
      try (AnalysisHarness after = harness(rocksDb)) {
        after.initializeState(checkpoint);
        after.open();
        after.observe(story.subList(prefix, story.size()));
        said.addAll(everything(after));
      }
      assertThat(said)
          .as("restored after %d observations", prefix)
          .containsExactlyInAnyOrderElementsOf(uninterrupted);
    }
  }
}
