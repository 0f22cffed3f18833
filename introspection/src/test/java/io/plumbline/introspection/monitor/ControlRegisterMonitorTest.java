package io.plumbline.introspection.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Control registers of guests whose build is known. */
class ControlRegisterMonitorTest {
  private static final LongUnaryOperator SAME = LongUnaryOperator.identity();
  private static final long TEXT = SyntheticImage.BASE + SyntheticImage.SLIDE + 0x40;

  private static void assertFound(MonitoredGuest guest, int vcpu, String symbol, long address) {
    Verdict verdict = guest.verdict();
    assertThat(verdict.findings())
        .extracting(
            Finding::type, Finding::vcpu, Finding::symbol, finding -> finding.address().value())
        .containsExactly(tuple(FindingType.UNEXPECTED_CONTROL_REGISTER, vcpu, symbol, address));
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  private static void assertClean(MonitoredGuest guest) {
    assertThat(guest.verdict().findings()).isEmpty();
    assertThat(guest.verdict().trust()).isEqualTo(TrustState.TRUSTED);
  }

  @Test
  void writeProtectionThatIsOffIsFound() {
    assertFound(
        MonitoredGuest.clean().with(vcpu -> vcpu.cr0(cr0 -> cr0 & ~(1L << 16))), 0, "CR0.WP", 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SMEP", "SMAP", "UMIP"})
  void aFlagThatOneProcessorHasAndAnotherHasNotIsFoundOnTheOther(String name) {
    long bit = 1L << (name.equals("SMEP") ? 20 : name.equals("SMAP") ? 21 : 11);
    MonitoredGuest guest =
        MonitoredGuest.clean()
            .with(vcpu -> vcpu.cr4(cr4 -> cr4 | bit))
            .twoVcpus()
            .with(vcpu -> vcpu.cr4(cr4 -> cr4 & ~bit));
    assertFound(guest, 1, "CR4." + name, 0);
  }

  @Test
  void aProcessorThatHasNoneOfTheFlagsIsNoFinding() {
    assertClean(MonitoredGuest.clean().with(vcpu -> vcpu.cr4(cr4 -> cr4 & ~(1L << 20))));
  }

  @Test
  void aFlagThatTheBootFoundAndIsOffIsFound() {
    // Word 9 of the feature vector, which begins at 40, bit 20: SMAP.
    SyntheticImage image = SyntheticImage.classic().withData("boot_cpu_data", 40 + 4 * 9, 1L << 20);
    assertFound(MonitoredGuest.of(image, SyntheticGuest.longMode()), 0, "CR4.SMAP", 0);
  }

  @Test
  void aGuestThatNoLongerForbidsExecutionIsSeenAsItsTablesWereMade() {
    MonitoredGuest guest =
        MonitoredGuest.clean().with(vcpu -> vcpu.msrs(efer -> efer & ~(1L << 11), SAME, SAME));
    assertFound(guest, 0, "EFER.NXE", 0);
    assertThat(guest.verdict().coverage()).isEqualTo(MonitoredGuest.clean().verdict().coverage());
  }

  @Test
  void aGuestOfNoKnownPackageThatNoLongerForbidsExecutionIsNeverTrusted() {
    MonitoredGuest guest =
        MonitoredGuest.clean().with(vcpu -> vcpu.msrs(efer -> efer & ~(1L << 11), SAME, SAME));
    Verdict verdict =
        new KernelJudge(JudgeSettings.STANDARD, () -> 0)
            .judge(new Guest("vm", guest.memory(), guest.vcpus()), List::of);
    assertThat(verdict.blindSpots()).anyMatch(spot -> spot.contains("EFER.NXE"));
    assertThat(verdict.coverage().textBytes()).isPositive();
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
  }

  @Test
  void aSecondVcpuThatNoLongerForbidsExecutionIsFoundToo() {
    MonitoredGuest guest =
        MonitoredGuest.clean()
            .twoVcpus()
            .with(vcpu -> vcpu.msrs(efer -> efer & ~(1L << 11), SAME, SAME));
    assertFound(guest, 1, "EFER.NXE", 0);
  }

  @Test
  void systemCallsThatAreOffOrSetUpOtherwiseAreFound() {
    MonitoredGuest clean = MonitoredGuest.clean();
    assertFound(clean.with(v -> v.msrs(efer -> efer & ~1L, SAME, SAME)), 0, "EFER.SCE", 0);
    assertFound(clean.with(v -> v.msrs(SAME, star -> star ^ 1L << 36, SAME)), 0, "STAR", 0);
    assertFound(clean.with(v -> v.msrs(SAME, SAME, mask -> mask & ~0x200L)), 0, "FMASK", 0);
  }

  @Test
  void aMaskThatDiffersBetweenProcessorsIsFoundOnTheOneThatMasksLess() {
    MonitoredGuest guest =
        MonitoredGuest.clean()
            .twoVcpus()
            .with(vcpu -> vcpu.msrs(SAME, SAME, mask -> mask & ~(1L << 18)));
    assertFound(guest, 1, "FMASK", 0);
  }

  /** Locally and globally enabled, waiting for execution, writes, reads and writes. */
  @ParameterizedTest
  @ValueSource(longs = {0x1, 0x2, 0x10001, 0x30002})
  void aBreakpointInTheKernelIsFoundAtItsAddress(long dr7) {
    assertFound(MonitoredGuest.clean().with(vcpu -> vcpu.debug(TEXT, dr7)), 0, "DR0", TEXT);
  }

  /** Not enabled, of another register, a port. */
  @ParameterizedTest
  @ValueSource(longs = {0x400, 0x4, 0x20001})
  void aBreakpointThatIsNotSetIsNoFinding(long dr7) {
    assertThat(MonitoredGuest.clean().with(vcpu -> vcpu.debug(TEXT, dr7)).verdict().findings())
        .isEmpty();
  }

  @Test
  void aProgramsBreakpointIsNoFinding() {
    assertClean(MonitoredGuest.clean().with(vcpu -> vcpu.debug(0x401000, 0x1)));
  }
}
