package io.plumbline.introspection.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.Severity;
import io.plumbline.introspection.trust.TrustState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Drills of a tiny guest whose kernel patches itself in every way. */
class DrillTest {
  private static final SignatureId ID = new SignatureId("sha256:" + "2".repeat(64));
  private static final KernelJudge JUDGE =
      new KernelJudge(
          new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), false), () -> 0);

  private final SyntheticImage image = SyntheticImage.classic();
  private final SignatureBook book = bookOf(image);
  private final SyntheticGuest synthetic = image.guest(SyntheticGuest.longMode());
  private final Guest guest = guestOf(synthetic);

  private static SignatureBook bookOf(SyntheticImage image) {
    PackageSignature signature = new PackageSignature(ID, image.image(), new long[0]);
    return () -> List.of(signature);
  }

  private static Guest guestOf(SyntheticGuest synthetic) {
    return new Guest("vm", synthetic.pages(), List.of(synthetic.vcpu()));
  }

  private Drill drill() throws UnfitForDrillException {
    return Drill.of(JUDGE, guest, book, ExplorationBudget.STANDARD);
  }

  private static Technique technique(String name) {
    return Techniques.all().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void everyTechniqueHasANameOfItsOwnAndOneSentence() {
    assertThat(Techniques.all()).extracting(Technique::name).doesNotHaveDuplicates();
    assertThat(Techniques.all())
        .allSatisfy(
            each -> {
              assertThat(each.name()).matches("[a-z0-9]+(-[a-z0-9]+)*");
              assertThat(each.how()).isNotBlank().doesNotContain(". ").doesNotContain("|");
              assertThat(each.theme()).isNotBlank();
            });
  }

  @Test
  void aMovedRegisterIsFoundWithItsHookAndNothingElse() throws Exception {
    DrillRow row = drill().row(technique("lstar"));

    assertThat(row.applicable()).isTrue();
    assertThat(row.asExpected()).isTrue();
    assertThat(row.found())
        .extracting(Finding::type)
        .containsExactly(FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER, FindingType.DYNAMIC_CODE);
    assertThat(row.found().get(0).address()).isEqualTo(row.found().get(1).address());
    assertThat(row.identity().orElseThrow().state()).isEqualTo(Identity.State.EXACT);
    assertThat(row.trust()).contains(TrustState.VIOLATED);
  }

  @Test
  void changedCodeIsExpectedAtTheInstructionThatChanged() throws Exception {
    DrillRow row = drill().row(technique("retpoline-thunk"));

    assertThat(row.asExpected()).isTrue();
    assertThat(row.expected().get(0))
        .isEqualTo(
            Expected.of(
                FindingType.UNEXPECTED_CODE_MODIFICATION,
                image.addressOf("__x86_indirect_thunk_rax"),
                "__x86_indirect_thunk_rax"));
    assertThat(row.identity().orElseThrow().state()).isEqualTo(Identity.State.NEAREST);
  }

  @Test
  void aTechniqueThatTheKernelDoesNotAllowSaysWhy() throws Exception {
    DrillRow row = drill().row(technique("system-call-table"));

    assertThat(row.applicable()).isFalse();
    assertThat(row.whyNot()).contains("this kernel has no symbol sys_call_table");
    assertThat(row.asExpected()).isTrue();
    assertThat(row.trust()).isEmpty();
  }

  @Test
  void noTechniqueChangesTheGuestOrDisturbsTheNext() throws Exception {
    Map<Long, byte[]> before = new HashMap<>();
    for (long frame = 0; frame < 1024; frame++) {
      before.put(frame, synthetic.pages().read(new FrameNumber(frame)).orElseThrow().toByteArray());
    }
    Drill drill = drill();
    DrillRow first = drill.row(technique("idt-gate"));
    Techniques.all().forEach(drill::row);

    before.forEach(
        (frame, bytes) ->
            assertThat(synthetic.pages().read(new FrameNumber(frame)).orElseThrow().toByteArray())
                .as("frame %d", frame)
                .isEqualTo(bytes));
    assertThat(drill.row(technique("idt-gate"))).isEqualTo(first);
    assertThat(JUDGE.judge(guest, book).findings()).isEmpty();
  }

  @Test
  void whatIsReportedBesidesIsExtraAndWhatIsNotIsMissed() throws Exception {
    Technique wrong =
        new MadeTechnique(
            "wrong",
            "test",
            "expects what nobody reports",
            scene -> {
              scene.payload();
              return List.of(Expected.of(FindingType.UNEXPECTED_KERNEL_MODULE, 5, "nothing"));
            });
    Technique quiet =
        new MadeTechnique(
            "quiet",
            "test",
            "expects nothing",
            scene -> {
              scene.write(image.addressOf("function_a"), new byte[] {1});
              return List.of();
            });

    DrillRow missed = drill().row(wrong);
    assertThat(missed.missed()).extracting(Expected::symbol).containsExactly("nothing");
    assertThat(missed.found()).hasSize(1);
    assertThat(missed.extra()).isEmpty();
    DrillRow extra = drill().row(quiet);
    assertThat(extra.extra()).extracting(Finding::symbol).containsExactly("function_a");
    assertThat(extra.missed()).isEmpty();
    assertThat(extra.asExpected()).isFalse();
  }

  @Test
  void aFindingOfAnotherSeverityOrVcpuIsNotTheExpectedOne() throws Exception {
    Finding finding = drill().row(technique("lstar")).found().get(0);
    Expected expected = Expected.of(finding.type(), finding.address().value(), finding.symbol());

    assertThat(expected.is(finding)).isTrue();
    assertThat(expected.onVcpu(0).is(finding)).isTrue();
    assertThat(expected.onVcpu(1).is(finding)).isFalse();
    assertThat(expected.withSeverity(Severity.CRITICAL).is(finding)).isTrue();
    assertThat(expected.withSeverity(Severity.MEDIUM).is(finding)).isFalse();
  }

  @Test
  void aPointerToWhatIsToldIsAConsequence() {
    Expected page = Expected.of(FindingType.UNEXPECTED_KERNEL_CODE_PAGES, 0x5000, "page");
    assertThat(page.holds(0x5000)).isTrue();
    assertThat(page.holds(0x5fff)).isTrue();
    assertThat(page.holds(0x6000)).isFalse();
    assertThat(page.holds(0x4fff)).isFalse();

    Expected code = Expected.of(FindingType.UNEXPECTED_CODE_MODIFICATION, 0x5000, "code");
    assertThat(code.holds(0x5004)).isTrue();
    assertThat(code.holds(0x500f)).isFalse();

    Expected register = Expected.of(FindingType.UNEXPECTED_CONTROL_REGISTER, 0, "CR0.WP");
    assertThat(register.holds(0)).isFalse();
  }

  @Test
  void aGuestThatIsViolatedAlreadyIsRefused() {
    SyntheticImage changed = SyntheticImage.classic().withText("function_a", 1, 0x90);
    Guest violated = guestOf(changed.guest(SyntheticGuest.longMode()));

    assertThatThrownBy(() -> Drill.of(JUDGE, violated, book, ExplorationBudget.STANDARD))
        .isInstanceOfSatisfying(
            UnfitForDrillException.class,
            e -> assertThat(e.reason()).isEqualTo(UnfitForDrillException.Reason.VIOLATED))
        .hasMessageContaining("unexpected_code_modification function_a+0x1");
  }

  @Test
  void aGuestOfAnUnknownBuildIsRefused() {
    assertThatThrownBy(() -> Drill.of(JUDGE, guest, () -> List.of(), ExplorationBudget.STANDARD))
        .isInstanceOfSatisfying(
            UnfitForDrillException.class,
            e -> assertThat(e.reason()).isEqualTo(UnfitForDrillException.Reason.UNKNOWN_BUILD));
  }
}
