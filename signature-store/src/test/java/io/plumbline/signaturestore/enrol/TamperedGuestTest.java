package io.plumbline.signaturestore.enrol;

import static io.plumbline.introspection.testing.SyntheticKernel.FIRST_CALL_AT;
import static io.plumbline.introspection.testing.SyntheticKernel.UNREACHED;
import static io.plumbline.introspection.testing.SyntheticKernel.function;
import static io.plumbline.introspection.testing.SyntheticKernel.handler;
import static io.plumbline.introspection.testing.SyntheticKernel.systemCallEntry;
import static io.plumbline.introspection.testing.SyntheticKernel.tableTarget;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticKernel;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Severity;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each way to lead control astray is found once, where it happened and with what was there. */
class TamperedGuestTest {
  private static final long SEED = 1;
  private static final long IDT = 0xffff_fe00_0000_0000L;
  private static final int JUMP = 0xe9;
  private static final int CALL = 0xe8;

  private final SyntheticKernel kernel = SyntheticKernel.longMode(SEED);
  private final long base = kernel.usualBase();
  private EnrolledSignature signature;

  @BeforeEach
  void enrol() throws EnrolmentException {
    signature = TinyGuests.enrol(TinyGuests.guest(SyntheticKernel.longMode(SEED)));
  }

  @Test
  void theEnrolledGuestIsTrusted() {
    Verdict verdict = judge(kernel);

    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(verdict.findings()).isEmpty();
    assertThat(verdict.blindSpots()).isEmpty();
    assertThat(verdict.coverage().verifiedBytes()).isEqualTo(verdict.coverage().directBytes());
    assertThat(verdict.coverage().directBytes()).isPositive();
  }

  @Test
  void aRedirectedIdtGateIsOneFindingAndTheCodeBehindItNone() {
    long evil = base + 0x80_0000;
    Finding finding =
        only(judge(kernel.guest(base).code(evil, 0x90, 0xe8, 0, 0, 0, 0, 0xc3).idtGate(14, evil)));

    assertThat(finding.type()).isEqualTo(FindingType.UNEXPECTED_INTERRUPT_HANDLER);
    assertThat(finding.severity()).isEqualTo(Severity.CRITICAL);
    assertThat(finding.address()).isEqualTo(at(IDT + 14 * 16));
    assertThat(finding.expected()).startsWith(at(base + handler(14)).toString());
    assertThat(finding.actual()).isEqualTo(at(evil).toString());
    assertThat(finding.owner()).isEqualTo("unknown");
    assertThat(finding.path()).containsExactly("IDT[14]", at(evil).toString());
    assertThat(finding.frame()).isPresent();
  }

  @Test
  void aGateThatLeadsIntoTheMiddleOfTheKernelIsAFindingToo() {
    Finding finding = only(judge(kernel.guest(base).idtGate(13, base + function(4) + 1)));

    assertThat(finding.type()).isEqualTo(FindingType.UNEXPECTED_INTERRUPT_HANDLER);
    assertThat(finding.owner()).isEqualTo("kernel");
  }

  @Test
  void aGateThatLeadsToWhatIsNotMappedYetIsAFinding() {
    Finding finding = only(judge(kernel.guest(base).idtGate(14, base + 0x80_0000)));

    assertThat(finding.type()).isEqualTo(FindingType.UNEXPECTED_INTERRUPT_HANDLER);
    assertThat(finding.actual()).isEqualTo(at(base + 0x80_0000).toString());
  }

  @Test
  void aGateThatNoGoodGuestUsesIsAFinding() {
    Finding finding = only(judge(kernel.guest(base).idtGate(200, base + function(1))));

    assertThat(finding.symbol()).isEqualTo("IDT[200]");
    assertThat(finding.expected()).isEqualTo("not in use");
  }

  @Test
  void lstarOfTheSecondVcpuAloneIsFoundThere() {
    Guest guest = TinyGuests.twoVcpus(kernel.guest(base), base + function(7));
    Finding finding = only(TinyGuests.judge(guest, signature));

    assertThat(finding.type()).isEqualTo(FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER);
    assertThat(finding.vcpu()).isEqualTo(1);
    assertThat(finding.symbol()).isEqualTo("LSTAR");
    assertThat(finding.address()).isEqualTo(at(base + function(7)));
    assertThat(finding.expected()).startsWith(at(base + systemCallEntry()).toString());
    assertThat(finding.path()).first().isEqualTo("LSTAR");
    assertThat(finding.frame()).isPresent();
  }

  @Test
  void anInlinePatchIsFoundAtItsFirstInstruction() {
    long evil = 0x80_0000;
    kernel.redirect(function(5), JUMP, evil - function(5));
    Finding finding = only(judge(kernel.guest(base).code(base + evil, 0xc3)));

    assertThat(finding.type()).isEqualTo(FindingType.UNEXPECTED_CODE_MODIFICATION);
    assertThat(finding.address()).isEqualTo(at(base + function(5)));
    assertThat(finding.expected()).startsWith("55");
    assertThat(finding.actual()).startsWith("e9 ").endsWith("-> " + at(base + evil));
    // Function 5 is called by 2, which gate 0's function calls.
    assertThat(finding.path())
        .containsExactly("IDT[0]", "kernel+0x0", "kernel+0x80", "kernel+0x140");
  }

  @Test
  void aRedirectedCallIsFoundAtTheCallAndNotBehindIt() {
    int site = function(1) + FIRST_CALL_AT;
    kernel.redirect(site, CALL, UNREACHED - site);
    Finding finding = only(judge(kernel));

    assertThat(finding.address()).isEqualTo(at(base + site));
    assertThat(finding.expected()).contains("-> " + at(base + function(3)));
    assertThat(finding.actual()).contains("-> " + at(base + UNREACHED));
    assertThat(finding.path()).endsWith("kernel+0x40", "kernel+0x59");
  }

  @Test
  void aCallThatWasMadeANopIsAFinding() {
    int site = function(2) + FIRST_CALL_AT;
    kernel.patch(site, 0x0f, 0x1f, 0x44, 0x00, 0x00);
    Finding finding = only(judge(kernel));

    assertThat(finding.type()).isEqualTo(FindingType.UNEXPECTED_CODE_MODIFICATION);
    assertThat(finding.address()).isEqualTo(at(base + site));
    assertThat(finding.actual()).startsWith("0f 1f 44 00 00");
  }

  @Test
  void bytesThatAreNoInstructionAreAFinding() {
    kernel.patch(function(6), 0x06);
    Finding finding = only(judge(kernel));

    assertThat(finding.address()).isEqualTo(at(base + function(6)));
    assertThat(finding.actual()).isEqualTo("no instruction");
  }

  @Test
  void aTableEntryThatLeadsAstrayIsFoundAtTheEntryOnEitherPage() {
    for (int index : new int[] {0, 3, 12, 15}) {
      SyntheticKernel tampered =
          SyntheticKernel.longMode(SEED).tableEntry(index, base + function(9));
      Finding finding = only(judge(tampered));

      assertThat(finding.type()).isEqualTo(FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER);
      assertThat(finding.address()).isEqualTo(at(base + kernel.table() + index * 8L));
      assertThat(finding.expected()).startsWith(at(base + tableTarget(index)).toString());
      assertThat(finding.actual()).startsWith(at(base + function(9)).toString());
      assertThat(finding.path()).startsWith("LSTAR").hasSize(4);
      assertThat(finding.frame()).isPresent();
    }
  }

  @Test
  void codeThatIsMissingBehindAValidCallIsAFinding() throws EnrolmentException {
    SyntheticKernel calls = SyntheticKernel.longMode(SEED);
    int site = function(20) + FIRST_CALL_AT;
    calls.redirect(site, CALL, 0x3000 - site).patch(0x3000, 0x90, 0xc3);
    EnrolledSignature known = TinyGuests.enrol(TinyGuests.guest(calls.guest(base)));
    SyntheticGuestBuilder guest =
        calls.guest(base).restrict(base + 0x3000, 1, Rights.KERNEL_READ_ONLY);
    Finding finding = only(TinyGuests.judge(TinyGuests.guest(guest), known));

    assertThat(finding.type()).isEqualTo(FindingType.UNEXPECTED_PAGE_MAPPING);
    assertThat(finding.address()).isEqualTo(at(base + 0x3000));
    assertThat(finding.actual()).isEqualTo("mapped sr--");
    assertThat(finding.path()).startsWith("IDT[0]").endsWith("kernel+0x500", "kernel+0x3000");
  }

  @Test
  void everyVcpuWithItsOwnIdtIsLookedAt() {
    Guest clean = TinyGuests.guest(kernel.guest(base));
    Guest tampered = TinyGuests.guest(kernel.guest(base).idtGate(6, base + function(3)));
    Guest both =
        new Guest(
            TinyGuests.VM,
            tampered.memory(),
            List.of(clean.vcpus().get(0), tampered.vcpus().get(0)));

    // Both share one table, so the gate is one finding.
    only(TinyGuests.judge(both, signature));
  }

  @Test
  void theIdOfAFindingSurvivesAMoveOfTheKernelAndARewriteOfTheSamePlace() {
    String first = patched(base, 0x90);
    assertThat(patched(base + (37L << 21), 0x90)).isEqualTo(first);
    assertThat(patched(base, 0xcc)).isEqualTo(first);
    assertThat(gate(base + (3L << 21), 7)).isEqualTo(gate(base, 8));
    assertThat(gate(base, 7)).isNotEqualTo(first);
  }

  private String patched(long where, int opcode) {
    SyntheticKernel tampered = SyntheticKernel.longMode(SEED).patch(function(11), opcode);
    return only(judge(tampered.guest(where))).uid();
  }

  private String gate(long where, int function) {
    return only(judge(kernel.guest(where).idtGate(8, where + function(function)))).uid();
  }

  private Verdict judge(SyntheticKernel tampered) {
    return judge(tampered.guest(base));
  }

  private Verdict judge(SyntheticGuestBuilder guest) {
    return TinyGuests.judge(TinyGuests.guest(guest), signature);
  }

  private static Finding only(Verdict verdict) {
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
    assertThat(verdict.findings()).hasSize(1);
    return verdict.findings().get(0);
  }

  private static GuestVirtualAddress at(long address) {
    return new GuestVirtualAddress(address);
  }
}
