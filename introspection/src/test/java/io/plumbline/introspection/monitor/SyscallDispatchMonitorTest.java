package io.plumbline.introspection.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Severity;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import org.junit.jupiter.api.Test;

/** Tables of system calls in guests whose build is known. */
class SyscallDispatchMonitorTest {
  private static final long HOOK = 0xffffffffc0000000L;

  private static Verdict verdict(SyntheticImage image) {
    return MonitoredGuest.of(image, SyntheticGuest.longMode()).verdict();
  }

  @Test
  void entriesThatAreTheBuildsAreNoFinding() {
    assertThat(verdict(SyntheticImage.classic().withSystemCalls(true)).findings()).isEmpty();
    assertThat(verdict(SyntheticImage.classic().withSystemCalls(false)).findings()).isEmpty();
  }

  @Test
  void aChangedEntryOfATableThatCodeUsesIsCritical() {
    SyntheticImage image = SyntheticImage.classic().withSystemCalls(true);
    int entry = SyntheticImage.SYSTEM_CALLS + 8;
    Verdict verdict = verdict(image.withReadOnly(entry, HOOK));

    assertThat(verdict.findings())
        .extracting(
            Finding::type,
            Finding::severity,
            finding -> finding.address().value(),
            Finding::symbol,
            Finding::owner,
            Finding::expected,
            Finding::actual)
        .containsExactly(
            tuple(
                FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER,
                Severity.CRITICAL,
                SyntheticImage.BASE + SyntheticImage.SLIDE + entry,
                "sys_call_table[1]",
                "unknown",
                String.format("0x%016x function_b", image.addressOf("function_b")),
                "0xffffffffc0000000"));
    assertThat(verdict.findings().get(0).path())
        .endsWith("sys_call_table[1]", "0xffffffffc0000000");
  }

  @Test
  void aChangedEntryOfATableThatNoCodeUsesMattersLessAndIsStillAViolation() {
    SyntheticImage image = SyntheticImage.classic().withSystemCalls(false);
    Verdict verdict = verdict(image.withReadOnly(SyntheticImage.SYSTEM_CALLS, HOOK));

    assertThat(verdict.findings())
        .extracting(Finding::type, Finding::severity, Finding::symbol)
        .containsExactly(
            tuple(
                FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER, Severity.MEDIUM, "sys_call_table[0]"));
    assertThat(verdict.findings().get(0).actual()).contains("x64_sys_call dispatches");
    assertThat(verdict.findings().get(0).expected()).contains("x64_sys_call dispatches");
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }
}
