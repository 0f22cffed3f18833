package io.plumbline.introspection.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.ReachStep;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.image.ImageLibrary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The second trust rule: data that trusted code uses points to trusted code. */
class TrustedDataTest {
  private static final long FOREIGN = 0xffff_c900_0000_0000L;
  private static final long OBJECT = 0xffff_8880_4000_0000L;

  private static Verdict judge(SyntheticImage image, SyntheticGuestBuilder builder) {
    SyntheticGuest guest = image.guest(builder);
    JudgeSettings settings =
        new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), false);
    SignatureId id = new SignatureId("sha256:" + "1".repeat(64));
    PackageSignature signature = new PackageSignature(id, image.image(), new long[0]);
    return new KernelJudge(settings, () -> 0, new ImageLibrary())
        .judge(new Guest("vm", guest.pages(), List.of(guest.vcpu())), () -> List.of(signature));
  }

  private static SyntheticGuestBuilder withForeignCode() {
    return SyntheticGuest.longMode().place(FOREIGN, new byte[] {(byte) 0xc3}, Rights.KERNEL_CODE);
  }

  private static byte[] words(long... words) {
    ByteBuffer bytes = ByteBuffer.allocate(words.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    LongStream.of(words).forEach(bytes::putLong);
    return bytes.array();
  }

  private static List<Finding> pointers(Verdict verdict) {
    return verdict.findings().stream()
        .filter(each -> each.type() == FindingType.UNEXPECTED_CONTROL_FLOW_TARGET)
        .toList();
  }

  private static GuestVirtualAddress at(long address) {
    return new GuestVirtualAddress(address);
  }

  @Test
  void codeIsReachedThroughTheKernelsVariables() {
    Verdict verdict = judge(SyntheticImage.classic(), SyntheticGuest.longMode());
    Coverage coverage = verdict.coverage();

    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(coverage.bytesByStep().get(ReachStep.DIRECT)).isEqualTo(coverage.directBytes());
    assertThat(coverage.fixpointBytes()).hasValue(coverage.bytesByStep().get(ReachStep.HEAP));
    assertThat(coverage.bytesByStep().get(ReachStep.WRITABLE_DATA))
        .isGreaterThan(coverage.bytesByStep().get(ReachStep.READ_ONLY_DATA));
  }

  @Test
  void aVariableThatPointsToForeignCodeIsFoundWithTheWayThere() {
    SyntheticImage image = SyntheticImage.classic().withData("handlers", 8, FOREIGN);
    Verdict verdict = judge(image, withForeignCode());

    Finding finding = pointers(verdict).get(0);
    assertThat(pointers(verdict)).hasSize(1);
    assertThat(finding.address()).isEqualTo(at(image.addressOf("handlers") + 8));
    assertThat(finding.symbol()).isEqualTo("handlers+0x8");
    assertThat(finding.expected()).isEqualTo(at(image.addressOf("function_a")) + " function_a");
    assertThat(finding.actual()).isEqualTo(at(FOREIGN).toString());
    assertThat(finding.owner()).isEqualTo("unknown");
    assertThat(finding.path())
        .containsExactly("LSTAR", "entry_SYSCALL_64", "handlers+0x8", at(FOREIGN).toString());
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void aVariableThatTheImageHasAPointerInMayNotLeadIntoTheMiddleOfAFunction() {
    SyntheticImage image = SyntheticImage.classic();
    image.withData("handlers", 8, image.addressOf("function_b") + 3);

    assertThat(pointers(judge(image, SyntheticGuest.longMode())))
        .extracting(Finding::symbol)
        .containsExactly("handlers+0x8");
  }

  @Test
  void aVariableMayPointToAnotherFunctionOrToNothing() {
    SyntheticImage other = SyntheticImage.classic();
    other.withData("handlers", 8, other.addressOf("function_b"));
    SyntheticImage none = SyntheticImage.classic().withData("handlers", 8, 0);

    assertThat(judge(other, SyntheticGuest.longMode()).trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(judge(none, SyntheticGuest.longMode()).trust()).isEqualTo(TrustState.TRUSTED);
  }

  @Test
  void anObjectOfAChainThatPointsToForeignCodeIsFoundByTheVariableThatLeadsThere() {
    SyntheticImage image = SyntheticImage.classic().withData("chain", 8, OBJECT);
    Verdict verdict =
        judge(
            image,
            withForeignCode()
                .place(OBJECT, words(0, 0, OBJECT + 0x800), Rights.KERNEL_DATA)
                .place(OBJECT + 0x800, words(0, FOREIGN), Rights.KERNEL_DATA));

    Finding finding = pointers(verdict).get(0);
    assertThat(pointers(verdict)).hasSize(1);
    assertThat(finding.address()).isEqualTo(at(OBJECT + 0x808));
    assertThat(finding.symbol()).isEqualTo("chain+0x8->+0x10->+0x8");
    assertThat(finding.path())
        .containsExactly(
            "LSTAR",
            "entry_SYSCALL_64",
            "chain+0x8",
            "chain+0x8->+0x10",
            finding.symbol(),
            at(FOREIGN).toString());
    assertThat(finding.frame()).isPresent();
    assertThat(verdict.findings())
        .filteredOn(each -> each.type() == FindingType.UNEXPECTED_KERNEL_CODE_PAGES)
        .extracting(Finding::path)
        .containsExactly(finding.path().subList(0, 5));
  }

  @Test
  void anAddressInsideOfAFunctionThatAnObjectSavedIsNone() {
    SyntheticImage image = SyntheticImage.classic();
    image.withData("chain", 8, OBJECT);
    Verdict verdict =
        judge(
            image,
            SyntheticGuest.longMode()
                .place(OBJECT, words(image.addressOf("function_b") + 5), Rights.KERNEL_DATA));

    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
  }

  @Test
  void codeThatMayBeAModulesIsPointedToWithoutAFinding() {
    long module = 0xffff_ffff_c000_0000L;
    SyntheticImage image = SyntheticImage.classic().withData("chain", 8, module);
    Verdict verdict = judge(image, SyntheticGuest.longMode().code(module, 0xc3));

    assertThat(verdict.findings())
        .extracting(Finding::type)
        .containsExactly(FindingType.DYNAMIC_CODE);
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
  }
}
