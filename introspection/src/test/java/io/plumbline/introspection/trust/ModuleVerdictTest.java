package io.plumbline.introspection.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.image.ImageLibrary;
import io.plumbline.introspection.verify.module.SyntheticModule;
import io.plumbline.introspection.verify.patch.Bytes;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests with modules, whose build and its modules are known from their package. */
class ModuleVerdictTest {
  private static final long MODULES = 0xffffffffc0000000L;
  private static final long SLOTS = 0xffffffffc0400000L;
  private static final long PROBED = SyntheticModule.ADDRESS + 0x2a;

  private final SyntheticImage image = SyntheticImage.classic();
  private final SyntheticModule module = new SyntheticModule("one", "6.1.0-test", 1);
  private final ModuleBook book = SyntheticModule.bookOf(module.image());

  private Verdict judge(SyntheticGuest guest, PageSource memory, ModuleBook modules) {
    JudgeSettings settings =
        new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), false);
    SignatureId id = new SignatureId("sha256:" + "1".repeat(64));
    PackageSignature signature = new PackageSignature(id, image.image(), new long[0], modules);
    return new KernelJudge(settings, () -> 0, new ImageLibrary())
        .judge(new Guest("vm", memory, List.of(guest.vcpu())), () -> List.of(signature));
  }

  private Verdict judge(SyntheticGuest guest) {
    return judge(guest, guest.pages(), book);
  }

  private SyntheticGuest guest() {
    return image.guest(module.load(SyntheticGuest.longMode(), image));
  }

  private static List<FindingType> types(Verdict verdict) {
    return verdict.findings().stream().map(Finding::type).toList();
  }

  private static PageSource changed(SyntheticGuest guest, long at, int... bytes) {
    FrameNumber frame = new FrameNumber(guest.mappedAt(at).orElseThrow().frameAt(at));
    return wanted -> {
      Optional<PageBytes> page = guest.pages().read(wanted);
      if (!wanted.equals(frame)) {
        return page;
      }
      byte[] content = page.orElseThrow().toByteArray();
      for (int i = 0; i < bytes.length; i++) {
        content[(int) (at & 4095) + i] = (byte) bytes[i];
      }
      return Optional.of(PageBytes.wrap(content));
    };
  }

  private static PageSource without(SyntheticGuest guest, long at) {
    FrameNumber frame = new FrameNumber(guest.mappedAt(at).orElseThrow().frameAt(at));
    return wanted -> wanted.equals(frame) ? Optional.empty() : guest.pages().read(wanted);
  }

  @Test
  void aGuestOfWhichEveryModuleIsExplainedIsExactAndTrusted() {
    Verdict verdict = judge(guest());

    assertThat(verdict.findings()).isEmpty();
    assertThat(verdict.blindSpots()).isEmpty();
    assertThat(verdict.identity().state()).isEqualTo(Identity.State.EXACT);
    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(verdict.coverage().unaccountedBytes()).isZero();
    assertThat(verdict.coverage().verifiedBytes()).isEqualTo(verdict.coverage().textBytes());
  }

  @Test
  void theSameGuestIsUndecidedIfNoModulesAreKnown() {
    SyntheticGuest guest = guest();
    Verdict verdict = judge(guest, guest.pages(), ModuleBook.NONE);

    assertThat(types(verdict)).containsExactly(FindingType.DYNAMIC_CODE);
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
    assertThat(verdict.coverage().unaccountedBytes()).isPositive();
  }

  @Test
  void changedCodeOfModulesIsFoundAtItsInstructionWithItsOwner() {
    SyntheticGuest guest = guest();
    Verdict verdict = judge(guest, changed(guest, SyntheticModule.ADDRESS + 0x2a, 0x90), book);

    assertThat(types(verdict)).containsExactly(FindingType.UNEXPECTED_CODE_MODIFICATION);
    Finding finding = verdict.findings().get(0);
    assertThat(finding.address().value()).isEqualTo(SyntheticModule.ADDRESS + 0x2a);
    assertThat(finding.symbol()).isEqualTo("entry_of_one+0xa [one]");
    assertThat(finding.owner()).isEqualTo("module one");
    assertThat(finding.expected()).isEqualTo("53");
    assertThat(finding.actual()).isEqualTo("90");
    assertThat(finding.uid())
        .isEqualTo(
            Finding.uid("vm", FindingType.UNEXPECTED_CODE_MODIFICATION, "module one code+42"));
    assertThat(verdict.identity().state()).isEqualTo(Identity.State.EXACT);
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
    assertThat(verdict.coverage().unaccountedBytes()).isZero();
    assertThat(verdict.coverage().textBytes() - verdict.coverage().verifiedBytes()).isEqualTo(1);
  }

  @Test
  void aChangeThatRunsIntoPatchSitesIsOneFinding() {
    SyntheticGuest guest = guest();
    long start = SyntheticModule.ADDRESS + SyntheticModule.TRACE - 2;
    Verdict verdict = judge(guest, changed(guest, start, 0xe9, 1, 2, 3, 4), book);

    assertThat(types(verdict)).containsExactly(FindingType.UNEXPECTED_CODE_MODIFICATION);
    assertThat(verdict.findings().get(0).address().value()).isEqualTo(start);
  }

  @Test
  void aJumpIntoTheBlankEndOfModulesIsFoundBothWhereItIsAndWhereItLeads() {
    long hook = SyntheticModule.ADDRESS + 0xf00;
    int distance = (int) (hook - image.addressOf("function_a") - 5);
    SyntheticGuest guest =
        image
            .withText(
                "function_a", 0, 0xe9, distance, distance >> 8, distance >> 16, distance >> 24)
            .guest(module.load(SyntheticGuest.longMode(), image));
    Verdict verdict = judge(guest, changed(guest, hook, 0x53, 0xc3), book);

    assertThat(verdict.findings())
        .extracting(Finding::type, Finding::owner)
        .contains(
            tuple(FindingType.UNEXPECTED_CODE_MODIFICATION, "kernel"),
            tuple(FindingType.UNEXPECTED_CODE_MODIFICATION, "module one"));
    assertThat(verdict.findings().get(0).actual()).contains("[one]");
    assertThat(verdict.findings())
        .filteredOn(finding -> finding.owner().equals("module one"))
        .extracting(finding -> finding.address().value())
        .containsExactly(hook);
  }

  @Test
  void changedReadOnlyDataOfModulesIsFound() {
    SyntheticGuest guest = guest();
    Verdict verdict = judge(guest, changed(guest, module.readOnlyAt() + 0x21, 0x99), book);

    assertThat(types(verdict)).containsExactly(FindingType.UNEXPECTED_READ_ONLY_DATA_MODIFICATION);
    assertThat(verdict.findings().get(0).owner()).isEqualTo("module one");
  }

  @ParameterizedTest
  @ValueSource(longs = {MODULES, 0xffffffffc0400000L})
  void codeOfNoModuleOfThePackageIsUnexpected(long address) {
    SyntheticGuest guest =
        image.guest(module.load(SyntheticGuest.longMode(), image).code(address, 0x53, 0x5b, 0xc3));
    Verdict verdict = judge(guest);

    assertThat(types(verdict)).containsExactly(FindingType.UNEXPECTED_KERNEL_CODE_PAGES);
    assertThat(verdict.findings().get(0).owner()).isEqualTo("unknown");
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void unknownCodeThatCannotBeReadIsNoViolationAndNeverTrusted() {
    SyntheticGuest guest =
        image.guest(module.load(SyntheticGuest.longMode(), image).code(MODULES, 0x53, 0xc3));
    Verdict verdict = judge(guest, without(guest, MODULES), book);

    assertThat(verdict.findings()).noneMatch(finding -> finding.type().violation());
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
  }

  private SyntheticGuest initialising() {
    return image.guest(
        module
            .load(SyntheticGuest.longMode(), image)
            .place(
                SyntheticModule.INITIALISATION,
                module.guestInitialisation(image),
                Rights.KERNEL_CODE));
  }

  @Test
  void codeOfAnInitialisationThatIsAsItMustBeIsTrusted() {
    Verdict verdict = judge(initialising());

    assertThat(verdict.findings()).isEmpty();
    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(verdict.coverage().unaccountedBytes()).isZero();
  }

  @Test
  void otherCodeInThePlaceOfAnInitialisationIsNeitherTrustedNorAViolation() {
    for (int at = 0; at < 4096; at += 61) {
      SyntheticGuest guest = initialising();
      Verdict verdict =
          judge(guest, changed(guest, SyntheticModule.INITIALISATION + at, 0x91), book);

      assertThat(types(verdict)).as("byte %d", at).containsExactly(FindingType.DYNAMIC_CODE);
      assertThat(verdict.findings().get(0).owner()).isEqualTo("module one");
      assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
    }
  }

  @Test
  void modulesWhereNoModuleCanLieAreNoneOfThem() {
    long far = 0xffffc90000000000L;
    SyntheticGuest near = guest();
    long frame =
        near.mappedAt(SyntheticModule.ADDRESS).orElseThrow().frameAt(SyntheticModule.ADDRESS);
    byte[] code = near.pages().read(new FrameNumber(frame)).orElseThrow().toByteArray();
    SyntheticGuest guest =
        image.guest(
            module.load(SyntheticGuest.longMode(), image).place(far, code, Rights.KERNEL_CODE));
    Verdict verdict = judge(guest);

    assertThat(verdict.findings())
        .extracting(Finding::type, finding -> finding.address().value())
        .containsExactly(tuple(FindingType.UNEXPECTED_KERNEL_CODE_PAGES, far));
  }

  @Test
  void codeOfModulesThatCanBeWrittenIsFound() {
    Rights writable = new Rights(false, true, true);
    SyntheticGuest guest = image.guest(module.load(SyntheticGuest.longMode(), image, writable));
    Verdict verdict = judge(guest);

    assertThat(types(verdict)).containsExactly(FindingType.UNEXPECTED_PAGE_MAPPING);
    assertThat(verdict.findings().get(0).owner()).isEqualTo("module one");
  }

  @Test
  void dataOfModulesThatWasNotHandedOverIsNoViolationAndNeverTrusted() {
    for (long page : new long[] {module.readOnlyAt(), module.dataAt()}) {
      SyntheticGuest guest = guest();
      Verdict verdict = judge(guest, without(guest, page), book);

      assertThat(verdict.findings()).noneMatch(finding -> finding.type().violation());
      assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
    }
  }

  /** A guest whose module has a registered probe at {@code PROBED}. */
  private SyntheticGuest probed(long handler) {
    long probe = module.dataAt() + 0xc00;
    byte[] record = new byte[0x68];
    Bytes.putLong(record, 16, probe + 16);
    Bytes.putLong(record, 40, PROBED);
    Bytes.putLong(record, 64, handler);
    Bytes.putLong(record, 88, SLOTS);
    image.withData("kprobe_table", 8 * 3, probe);
    return image.guest(
        module
            .load(SyntheticGuest.longMode(), image)
            .place(probe, record, Rights.KERNEL_DATA)
            .code(SLOTS, 0x53, 0xcc));
  }

  private Verdict judgeProbed(SyntheticGuest guest) {
    return judge(guest, changed(guest, PROBED, 0xcc), book);
  }

  @Test
  void probesInModulesAreHooksWithAnOwnerAndTheirCopiesAreExplained() {
    Verdict verdict = judgeProbed(probed(image.addressOf("kprobe_dispatcher")));

    assertThat(verdict.findings())
        .extracting(Finding::type, Finding::symbol, Finding::actual)
        .containsExactly(
            tuple(
                FindingType.HOOK_WITH_OWNER,
                "entry_of_one+0xa [one]",
                "kprobe by int3, which calls kprobe_dispatcher"));
    assertThat(verdict.findings().get(0).uid())
        .isEqualTo(Finding.uid("vm", FindingType.HOOK_WITH_OWNER, "module one probe+42"));
    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
  }

  @Test
  void probesMayCallModules() {
    Verdict verdict = judgeProbed(probed(SyntheticModule.ADDRESS + 0x20));

    assertThat(verdict.trust()).isEqualTo(TrustState.TRUSTED);
    assertThat(verdict.findings().get(0).actual()).endsWith("calls entry_of_one [one]");
  }

  @ParameterizedTest
  @ValueSource(longs = {SyntheticModule.ADDRESS + 0x21, SLOTS, MODULES})
  void probesInModulesThatCallNoFunctionAreUnexpected(long handler) {
    Verdict verdict = judgeProbed(probed(handler));

    assertThat(types(verdict)).containsExactly(FindingType.UNEXPECTED_KPROBE_HANDLER);
    assertThat(verdict.findings().get(0).symbol()).isEqualTo("entry_of_one+0xa [one]");
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void breakpointsInModulesThatNoProbeOwnsAreFound() {
    SyntheticGuest guest = guest();
    Verdict verdict = judge(guest, changed(guest, PROBED, 0xcc), book);

    assertThat(types(verdict)).containsExactly(FindingType.UNEXPECTED_CODE_MODIFICATION);
  }

  @Test
  void foreignCodeAmongCopiesOfProbedInstructionsIsFound() {
    SyntheticGuest guest = probed(image.addressOf("kprobe_dispatcher"));
    PageSource breakpoint = changed(guest, PROBED, 0xcc);
    PageSource foreign = changed(guest, SLOTS + 15, 0x53, 0x5b, 0xc3);
    FrameNumber slots = new FrameNumber(guest.mappedAt(SLOTS).orElseThrow().frameAt(SLOTS));
    Verdict verdict =
        judge(guest, frame -> (frame.equals(slots) ? foreign : breakpoint).read(frame), book);

    assertThat(types(verdict))
        .containsExactlyInAnyOrder(
            FindingType.HOOK_WITH_OWNER, FindingType.UNEXPECTED_KERNEL_CODE_PAGES);
  }
}
