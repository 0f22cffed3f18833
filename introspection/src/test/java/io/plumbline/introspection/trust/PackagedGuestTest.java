package io.plumbline.introspection.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.image.ImageLibrary;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Guests whose build is known from its package. */
class PackagedGuestTest {
  private static final long MODULES = 0xffffffffc0000000L;
  private static final long KERNEL = SyntheticImage.BASE + SyntheticImage.SLIDE;

  private final ImageLibrary library = new ImageLibrary();

  private Verdict judge(
      SyntheticImage image, SyntheticGuest guest, PageSource memory, OptionalInt vector) {
    JudgeSettings settings = new JudgeSettings(ExplorationBudget.STANDARD, vector, false);
    SignatureId id = new SignatureId("sha256:" + "1".repeat(64));
    PackageSignature signature = new PackageSignature(id, image.image(), new long[0]);
    return new KernelJudge(settings, () -> 0, library)
        .judge(new Guest("vm", memory, List.of(guest.vcpu())), () -> List.of(signature));
  }

  private Verdict judge(SyntheticImage image, SyntheticGuest guest) {
    return judge(image, guest, guest.pages(), OptionalInt.empty());
  }

  private Verdict judge(SyntheticImage image) {
    return judge(image, image.guest(SyntheticGuest.longMode()));
  }

  private static List<FindingType> types(Verdict verdict) {
    return verdict.findings().stream().map(Finding::type).toList();
  }

  @Test
  void aGuestOfWhichEveryByteIsExplainedIsExactAndTrusted() {
    Verdict verdict = judge(SyntheticImage.classic());

    assertThat(verdict.findings()).isEmpty();
    assertThat(verdict.blindSpots()).isEmpty();
    assertThat(verdict.identity().state()).isEqualTo(Identity.State.EXACT);
    assertThat(verdict.identity().slide()).isEqualTo(SyntheticImage.SLIDE);
    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(verdict.coverage().unaccountedBytes()).isZero();
    assertThat(verdict.coverage().verifiedBytes()).isEqualTo(verdict.coverage().textBytes());
  }

  @Test
  void changedCodeIsFoundAtItsInstructionWithTheWayThere() {
    Verdict verdict = judge(SyntheticImage.classic().withText("asm_exc_page_fault", 1, 0x90));

    assertThat(types(verdict)).containsExactly(FindingType.UNEXPECTED_CODE_MODIFICATION);
    Finding finding = verdict.findings().get(0);
    assertThat(finding.symbol()).isEqualTo("asm_exc_page_fault+0x1");
    assertThat(finding.expected()).isEqualTo("53");
    assertThat(finding.actual()).isEqualTo("90");
    assertThat(finding.path())
        .containsExactly("IDT[14]", "asm_exc_page_fault", "asm_exc_page_fault+0x1");
    assertThat(verdict.identity().state()).isEqualTo(Identity.State.NEAREST);
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void theIdOfAFindingDoesNotDependOnWhereTheKernelLies() {
    Finding finding =
        judge(SyntheticImage.classic().withText("function_a", 3, 0x90)).findings().get(0);
    String place = "code+" + (finding.address().value() - KERNEL);

    assertThat(finding.uid())
        .isEqualTo(Finding.uid("vm", FindingType.UNEXPECTED_CODE_MODIFICATION, place));
  }

  @Test
  void aGateThatLeadsElsewhereIsFoundAndDoesNotHideTheBuild() {
    SyntheticImage image = SyntheticImage.classic();
    Verdict verdict =
        judge(
            image, image.guest(SyntheticGuest.longMode().code(MODULES, 0xc3).idtGate(13, MODULES)));

    assertThat(types(verdict))
        .containsExactly(FindingType.UNEXPECTED_INTERRUPT_HANDLER, FindingType.DYNAMIC_CODE);
    assertThat(verdict.findings().get(0).symbol()).isEqualTo("IDT[13]");
    assertThat(verdict.identity().build()).isPresent();
  }

  @Test
  void oneVectorIsEnoughToNameTheBuild() {
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuest guest = image.guest(SyntheticGuest.longMode());
    Identity bySix = judge(image, guest, guest.pages(), OptionalInt.of(6)).identity();
    Identity byNone = judge(image, guest, guest.pages(), OptionalInt.of(99)).identity();

    assertThat(bySix.state()).isEqualTo(Identity.State.EXACT);
    assertThat(bySix.vector()).isEqualTo(6);
    assertThat(byNone.state()).isEqualTo(Identity.State.UNKNOWN);
  }

  @Test
  void codeThatNobodyOwnsIsUndecidedWhereModulesLieAndAViolationElsewhere() {
    SyntheticImage image = SyntheticImage.classic();
    Verdict module = judge(image, image.guest(SyntheticGuest.longMode().code(MODULES, 0x53, 0xc3)));
    Verdict elsewhere =
        judge(image, image.guest(SyntheticGuest.longMode().code(0xffffc90000000000L, 0x53, 0xc3)));

    assertThat(types(module)).containsExactly(FindingType.DYNAMIC_CODE);
    assertThat(module.trust()).isEqualTo(TrustState.UNDECIDED);
    assertThat(module.identity().state()).isEqualTo(Identity.State.EXACT);
    assertThat(types(elsewhere)).containsExactly(FindingType.UNEXPECTED_KERNEL_CODE_PAGES);
    assertThat(elsewhere.trust()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void aPointerThatIsReadOnlyAfterBootAndLeadsIntoAFunctionIsFound() {
    Verdict verdict = judge(SyntheticImage.classic().withReadOnly(0x5100, KERNEL + 0x41));

    assertThat(types(verdict)).containsExactly(FindingType.UNEXPECTED_CONTROL_FLOW_TARGET);
    assertThat(verdict.findings().get(0).symbol()).isEqualTo("operations");
    assertThat(verdict.findings().get(0).actual()).endsWith("function_a+0x1");
  }

  @Test
  void dataThatMisleadsCodeIsFound() {
    Verdict verdict = judge(SyntheticImage.classic().withData("pv_ops", 0, KERNEL + 0x41));

    assertThat(types(verdict)).contains(FindingType.UNEXPECTED_CONTROL_FLOW_TARGET);
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void whatWasNotHandedOverIsNeverAViolationAndNeverTrusted() {
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuest guest = image.guest(SyntheticGuest.longMode());
    Set<Long> withheld =
        Set.of(
            guest.mappedAt(KERNEL + 0x6000).orElseThrow().frameAt(KERNEL + 0x6000),
            guest.mappedAt(KERNEL + 0x4000).orElseThrow().frameAt(KERNEL + 0x4000));
    PageSource part =
        frame -> withheld.contains(frame.value()) ? Optional.empty() : guest.pages().read(frame);
    Verdict verdict = judge(image, guest, part, OptionalInt.empty());

    assertThat(verdict.findings()).noneMatch(finding -> finding.type().violation());
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
    assertThat(verdict.identity().state()).isNotEqualTo(Identity.State.EXACT);
  }
}
