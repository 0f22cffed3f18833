package io.plumbline.introspection.monitor;

import static io.plumbline.introspection.monitor.MonitoredGuest.GDT;
import static io.plumbline.introspection.monitor.MonitoredGuest.IDT;
import static io.plumbline.introspection.monitor.MonitoredGuest.SPARE;
import static io.plumbline.introspection.monitor.MonitoredGuest.TSS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Interrupt delivery of guests whose build is known. */
class InterruptMonitorTest {
  private static void assertFound(MonitoredGuest guest, String symbol, long address) {
    Verdict verdict = guest.verdict();
    assertThat(verdict.findings())
        .extracting(Finding::type, Finding::symbol, finding -> finding.address().value())
        .containsExactly(tuple(FindingType.UNEXPECTED_DESCRIPTOR_TABLE, symbol, address));
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  private static void assertClean(MonitoredGuest guest) {
    Verdict verdict = guest.verdict();
    assertThat(verdict.findings()).isEmpty();
    assertThat(verdict.blindSpots()).isEmpty();
    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
  }

  @Test
  void tablesThatAreTheKernelsOwnAreNoFinding() {
    assertClean(MonitoredGuest.clean());
    assertClean(MonitoredGuest.clean().twoVcpus());
  }

  @Test
  void anIdtThatLiesElsewhereIsFoundAlthoughItsGatesAreTheSame() {
    MonitoredGuest guest = MonitoredGuest.clean();
    for (int vector : new int[] {0, 6, 14}) {
      for (int half = 0; half < 16; half += 8) {
        long gate = word(guest, IDT + 16L * vector + half);
        guest = guest.word(SPARE + 16L * vector + half, old -> gate);
      }
    }
    assertFound(guest.with(vcpu -> vcpu.idtr(SPARE, 0xfff)), "IDTR", SPARE);
  }

  private static long word(MonitoredGuest guest, long address) {
    long[] read = new long[1];
    MonitoredGuest reading =
        guest.word(
            address,
            old -> {
              read[0] = old;
              return old;
            });
    reading.verdict();
    return read[0];
  }

  @Test
  void anIdtWithAnotherLimitIsFound() {
    assertFound(MonitoredGuest.clean().with(vcpu -> vcpu.idtr(IDT, 0x1ff)), "IDTR", IDT);
  }

  @Test
  void theIdtMayBeUsedThroughAnyOfItsMappings() {
    long own = SyntheticImage.classic().addressOf("idt_table");
    assertClean(MonitoredGuest.clean().with(vcpu -> vcpu.idtr(own, 0xfff)));
  }

  /**
   * Access byte 0xee lets programs raise it, 0x8f is a trap gate; then another selector, a stack.
   */
  @ParameterizedTest
  @CsvSource({"0x600000000000", "0x010000000000", "0x080000", "0x300000000"})
  void aGateThatIsNotWhatTheKernelMadeItIsFoundWhereItLies(String changed) {
    long bits = Long.decode(changed);
    assertFound(
        MonitoredGuest.clean().word(IDT + 16 * 14, old -> old ^ bits), "IDT[14]", IDT + 16 * 14);
  }

  @Test
  void breakpointsMayBeRaisedByProgramsAndAnExceptionWithAStackHasIt() {
    SyntheticImage image = SyntheticImage.classic();
    long handler = image.addressOf("asm_exc_invalid_op");
    assertFound(
        MonitoredGuest.of(image, SyntheticGuest.longMode().idtGate(3, 0)), "IDT[3]", IDT + 48);
    MonitoredGuest stacked =
        MonitoredGuest.of(image, SyntheticGuest.longMode().idtGate(8, handler).gateStack(8, 1));
    assertThat(stacked.verdict().findings())
        .as("a build without a handler of double faults has no stack for them")
        .extracting(Finding::symbol)
        .contains("IDT[8]");
  }

  @Test
  void twoVcpusThatShareAnIdtShareTheFindingOfItsGate() {
    assertFound(
        MonitoredGuest.clean().twoVcpus().word(IDT, old -> old ^ 0x600000000000L), "IDT[0]", IDT);
  }

  @Test
  void aGdtThatLiesElsewhereIsFound() {
    MonitoredGuest guest = MonitoredGuest.clean();
    for (int at = 0; at < 0x80; at += 8) {
      long descriptor = word(guest, GDT + at);
      guest = guest.word(SPARE + at, old -> descriptor);
    }
    assertFound(guest.with(vcpu -> vcpu.gdtr(SPARE, 0x7f)), "GDTR", SPARE);
  }

  @Test
  void aLongerGdtIsFound() {
    assertFound(MonitoredGuest.clean().with(vcpu -> vcpu.gdtr(GDT, 0xff)), "GDTR", GDT);
  }

  @Test
  void theLimitsThatAnExitFromAGuestOfItsOwnLeavesAreNoFindingAndHideNothing() {
    MonitoredGuest hypervisor =
        MonitoredGuest.clean().with(vcpu -> vcpu.idtr(IDT, 0xffff).gdtr(GDT, 0xffff));
    assertClean(hypervisor);
    assertFound(hypervisor.word(GDT + 0x800, old -> 0x0000ee0000100000L), "GDT[256]", GDT + 0x800);
  }

  /** A call gate, an interrupt gate, a task segment, a wider or more privileged segment. */
  @ParameterizedTest
  @CsvSource({
    "1, 0x00cffb000000ffff",
    "4, 0x0000ec0000100000",
    "7, 0x0000ec0000100000",
    "7, 0x00cffb000000ffff",
    "8, 0x00008e0000100000",
    "10, 0x0000ec0000100000",
    "12, 0x0000ee0000100000",
    "13, 0x00cf9b000000ffff",
    "15, 0x00cffb000000ffff"
  })
  void aDescriptorThatTheKernelDoesNotHaveIsFoundWhereItLies(int index, String descriptor) {
    assertFound(
        MonitoredGuest.clean().word(GDT + 8L * index, old -> Long.decode(descriptor)),
        "GDT[" + index + "]",
        GDT + 8L * index);
  }

  /** Accessed or not, a program's own segments, an LDT, and which processor it is. */
  @ParameterizedTest
  @CsvSource({
    "2, 0x00af9a000000ffff",
    "5, 0x00cff2000000ffff",
    "10, 0x4000820010000fff",
    "12, 0x00cff3000000ffff",
    "14, 0x00dffb12345600ff",
    "15, 0x0041f50000002007"
  })
  void whatTheKernelWritesWhileItRunsIsNoFinding(int index, String descriptor) {
    assertClean(MonitoredGuest.clean().word(GDT + 8L * index, old -> Long.decode(descriptor)));
  }

  @Test
  void aTaskThatLiesElsewhereIsFoundAndItsStacksAreStillTold() {
    MonitoredGuest guest = MonitoredGuest.clean();
    Verdict verdict = guest.with(vcpu -> vcpu.tr(SPARE)).verdict();
    assertThat(verdict.findings())
        .extracting(Finding::symbol)
        .contains("GDT[8]", "TR", "TSS.RSP0", "TSS.IST1");
  }

  @ParameterizedTest
  @CsvSource({"4, TSS.RSP0", "36, TSS.IST1", "44, TSS.IST2", "68, TSS.IST5", "84, TSS.IST7"})
  void aStackThatLiesElsewhereIsFoundAtItsField(int offset, String symbol) {
    assertFound(MonitoredGuest.clean().word(TSS + offset, old -> SPARE), symbol, TSS + offset);
  }

  @Test
  void aTableThatCannotBeReadIsNeverTakenForClean() {
    Verdict verdict = MonitoredGuest.clean().without(GDT).verdict();
    assertThat(verdict.findings()).isEmpty();
    assertThat(verdict.blindSpots()).anyMatch(spot -> spot.contains("GDT"));
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
  }
}
