package io.plumbline.introspection.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.SignatureUnavailableException;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageOutline;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.ModuleBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.Sharing;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.image.ImageLibrary;
import io.plumbline.introspection.verify.image.Outlines;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Guests whose build is known from its package. */
class PackagedGuestTest {
  private static final long MODULES = 0xffffffffc0000000L;
  private static final long KERNEL = SyntheticImage.BASE + SyntheticImage.SLIDE;

  private static final Rights WRITABLE_CODE = new Rights(false, true, true);

  private final ImageLibrary library = new ImageLibrary();

  private Verdict judge(
      SyntheticImage image, SyntheticGuest guest, PageSource memory, OptionalInt vector) {
    return judge(packageOf(image), guest, memory, vector);
  }

  private Verdict judge(
      PackageSignature signature, SyntheticGuest guest, PageSource memory, OptionalInt vector) {
    JudgeSettings settings = new JudgeSettings(ExplorationBudget.STANDARD, vector, false);
    return new KernelJudge(settings, () -> 0, library)
        .judge(new Guest("vm", memory, List.of(guest.vcpu())), () -> List.of(signature));
  }

  private static PackageSignature packageOf(SyntheticImage image) {
    SignatureId id = new SignatureId("sha256:" + "1".repeat(64));
    return new PackageSignature(id, image.image(), new long[0]);
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
  void aGuestThatIsTamperedWithIsNoneThatOthersAreExploredFrom() {
    SyntheticImage image = SyntheticImage.classic();
    PackageSignature signature = packageOf(image);
    SyntheticGuest clean = image.guest(SyntheticGuest.longMode());
    SyntheticGuest tampered = image.guest(SyntheticGuest.longMode().idtGate(13, KERNEL + 0x10));
    Sharing explorations = library.sharing().get("explorations");

    for (int guest = 0; guest < 3; guest++) {
      assertThat(types(judge(signature, tampered, tampered.pages(), OptionalInt.empty())))
          .containsExactly(FindingType.UNEXPECTED_INTERRUPT_HANDLER);
    }
    assertThat(explorations.timesFound()).isZero();

    // The first one learns for the others.
    for (int guest = 0; guest < 3; guest++) {
      judge(signature, clean, clean.pages(), OptionalInt.empty());
    }
    assertThat(explorations.timesFound()).isEqualTo(2);
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

  /** Data with XD cleared, the image's own and the heap's, and a user page made supervisor's. */
  @Test
  void memoryThatOnlyThePageTablesMakeCodeIsAWrongMappingEach() {
    long data = KERNEL + 0x6000;
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuestBuilder own = SyntheticGuest.longMode().data(data);
    assertMapping(image, own.editEntry(data, 1, entry -> entry & Long.MAX_VALUE), data);
    long heap = 0xffffc90000000000L;
    assertMapping(
        image,
        SyntheticGuest.longMode().place(heap, new byte[] {0x53, (byte) 0xc3}, WRITABLE_CODE),
        heap);
    long program = 0x401000;
    assertMapping(image, SyntheticGuest.longMode().code(program, 0x53, 0xc3), program);
  }

  private void assertMapping(SyntheticImage image, SyntheticGuestBuilder builder, long page) {
    Verdict verdict = judge(image, image.guest(builder));
    assertThat(verdict.findings())
        .extracting(Finding::type, finding -> finding.address().value())
        .containsExactly(tuple(FindingType.UNEXPECTED_PAGE_MAPPING, page));
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void piecesOfForeignCodeAreListedUpToABoundThatIsSaid() {
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuestBuilder builder = SyntheticGuest.longMode().code(MODULES, 0x53, 0xc3);
    long frame = builder.build().mappedAt(MODULES).orElseThrow().frame();
    int pieces = 1500;
    for (int piece = 1; piece < pieces; piece++) {
      builder.map(MODULES + piece * 0x2000L, frame, 1, Rights.KERNEL_CODE);
    }
    Verdict verdict = judge(image, image.guest(builder));

    assertThat(types(verdict)).containsOnly(FindingType.DYNAMIC_CODE).hasSize(1024);
    assertThat(verdict.blindSpots())
        .containsExactly("476 more pieces of code without an owner are not listed");
    assertThat(verdict.coverage().unaccountedBytes()).isPositive();
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
  }

  @Test
  void codeBeyondTheBoundOfPagesIsUnownedAndNeverTrusted() {
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuestBuilder builder = SyntheticGuest.longMode();
    for (int page = 0; page < 34; page++) {
      builder.map(0xffffffffc8000000L + page * 0x200000L, 0x200, 2, Rights.KERNEL_CODE);
    }
    Verdict verdict = judge(image, image.guest(builder));

    assertThat(verdict.findings())
        .extracting(Finding::actual)
        .anyMatch(actual -> actual.contains("not looked at: more than 16384 pages"));
    assertThat(verdict.trust()).isNotEqualTo(TrustState.TRUSTED);
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

  private static PackageSignature signature(int number, KernelImage image) {
    SignatureId id = new SignatureId(String.format("sha256:%064x", number));
    return new PackageSignature(id, image, new long[0]);
  }

  /** The image with one byte of its text changed: all else lies where it lay. */
  private static KernelImage variant(KernelImage image, int place) {
    List<ImageSection> sections =
        image.sections().stream()
            .map(
                section -> {
                  byte[] bytes = section.bytes().clone();
                  if (section.name().equals(".text")) {
                    bytes[place] ^= 1;
                  }
                  return new ImageSection(
                      section.name(),
                      section.offset(),
                      bytes,
                      section.executable(),
                      section.writable());
                })
            .toList();
    BuildName name = new BuildName("Linux", "variant-" + place, "1");
    return new KernelImage(
        name,
        image.banner(),
        image.buildId(),
        image.mode(),
        image.base(),
        sections,
        image.relocations(),
        image.symbols(),
        image.sites());
  }

  @Test
  void ofManyBuildsThatLieAlikeTheOneThatExplainsEveryByteIsNamed() {
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuest guest = image.guest(SyntheticGuest.longMode());
    List<KernelSignature> builds = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      builds.add(signature(i, variant(image.image(), 0x700 + i)));
    }
    builds.add(signature(99, image.image()));
    JudgeSettings settings =
        new JudgeSettings(ExplorationBudget.STANDARD, OptionalInt.empty(), false);
    KernelJudge judge = new KernelJudge(settings, () -> 0, library);
    Guest vm = new Guest("vm", guest.pages(), List.of(guest.vcpu()));

    Verdict first = judge.judge(vm, () -> builds);
    Verdict again = judge.judge(vm, () -> builds);

    assertThat(first.identity().state()).isEqualTo(Identity.State.EXACT);
    assertThat(first.identity().signature()).contains(builds.get(12).id());
    assertThat(again).isEqualTo(first);
  }

  @Test
  void whereTheOwnBuildIsMissingANeighbourThatLiesAlikeIsNeverExact() {
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuest guest = image.guest(SyntheticGuest.longMode());
    List<KernelSignature> builds =
        List.of(
            signature(1, variant(image.image(), 0x700)),
            signature(2, variant(image.image(), 0x710)));
    Guest vm = new Guest("vm", guest.pages(), List.of(guest.vcpu()));
    Verdict verdict =
        new KernelJudge(JudgeSettings.STANDARD, () -> 0, library).judge(vm, () -> builds);

    assertThat(verdict.identity().state()).isEqualTo(Identity.State.NEAREST);
    assertThat(verdict.trust()).isEqualTo(TrustState.VIOLATED);
  }

  @Test
  void aSignatureThatCannotBeReadIsToldAndNeverTakenForABuildThatIsNotThere() {
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuest guest = image.guest(SyntheticGuest.longMode());
    SignatureId id = new SignatureId("sha256:" + "5".repeat(64));
    ImageOutline outline = Outlines.of(image.image(), new long[0]);
    PackageSignature broken =
        PackageSignature.onDemand(
            id,
            new PackageSignature.Head(
                image.image().name(),
                image.image().mode(),
                SyntheticImage.BASE,
                Optional.of(outline)),
            new UnreadableSource(id));
    Guest vm = new Guest("vm", guest.pages(), List.of(guest.vcpu()));
    KernelJudge judge = new KernelJudge(JudgeSettings.STANDARD, () -> 0, library);

    Verdict without = judge.judge(vm, () -> List.of(broken));
    Verdict other = judge.judge(vm, () -> List.of(broken, signature(1, image.image())));

    assertThat(without.identity().state()).isEqualTo(Identity.State.UNKNOWN);
    assertThat(without.trust()).isEqualTo(TrustState.UNDECIDED);
    assertThat(without.blindSpots()).anyMatch(spot -> spot.contains("the disk is on fire"));
    assertThat(judge.identify(vm, () -> List.of(broken)).reasons())
        .anyMatch(reason -> reason.contains("the disk is on fire"));
    assertThat(other.identity().state()).isEqualTo(Identity.State.EXACT);
  }

  private record UnreadableSource(SignatureId id) implements PackageSignature.Source {
    private SignatureUnavailableException failure() {
      return new SignatureUnavailableException(id, "the disk is on fire", new IOException());
    }

    @Override
    public KernelImage image() {
      throw failure();
    }

    @Override
    public long[] functionDigests() {
      throw failure();
    }

    @Override
    public ModuleBook modules() {
      throw failure();
    }
  }

  @Test
  void aVectorWithoutAGateNamesNothingAndSaysSo() {
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuest guest = image.guest(SyntheticGuest.longMode());

    Verdict verdict = judge(image, guest, guest.pages(), OptionalInt.of(99));

    assertThat(verdict.identity().state()).isEqualTo(Identity.State.UNKNOWN);
    assertThat(verdict.trust()).isEqualTo(TrustState.UNDECIDED);
    assertThat(verdict.blindSpots())
        .contains("IDT[99] cannot name the build: expected a present gate, found none on any vCPU");
  }
}
