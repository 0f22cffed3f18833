package io.plumbline.introspection.verify.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.testing.ImageMutations;
import io.plumbline.introspection.testing.ImageMutations.Mutation;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.dynamic.DynamicCode;
import io.plumbline.introspection.verify.patch.DataFault;
import io.plumbline.introspection.verify.patch.Retpolines;
import io.plumbline.introspection.verify.patch.ReturnMode;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every byte of a synthetic kernel's text and read-only data, explained or found. */
class ImageVerifierTest {
  private static final long SEED = 20240607;
  private static final int MUTATIONS = 40;

  static Stream<SyntheticImage> kernels() {
    return Stream.of(SyntheticImage.classic(), SyntheticImage.relocating());
  }

  private static GuestKernel kernelOf(SyntheticGuest guest) {
    return GuestKernel.of(guest.pages(), List.of(guest.vcpu()), ExplorationBudget.STANDARD)
        .kernel()
        .orElseThrow();
  }

  private static ImageVerification verify(
      ImageVerifier verifier, GuestKernel kernel, PageSource memory, Workspace workspace) {
    AddressSpace space = AddressSpace.of(kernel.vcpu(), memory);
    long slide = verifier.slide(kernel.roots(), space).orElseThrow();
    return verifier.verify(slide, space, memory, kernel.executable(), OtherCode.NONE, workspace);
  }

  private static ImageVerification verify(SyntheticImage image) {
    SyntheticGuest guest = image.guest(SyntheticGuest.longMode());
    return verify(
        new ImageVerifier(image.image()), kernelOf(guest), guest.pages(), new Workspace());
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void everySiteOfTheGoldenDataIsPredicted(SyntheticImage image) {
    ImageVerification seen = verify(image);

    assertThat(seen.deviations()).isEmpty();
    assertThat(seen.faults()).isEmpty();
    assertThat(seen.explainsEveryByte()).isTrue();
    assertThat(seen.slide()).isEqualTo(SyntheticImage.SLIDE);
    assertThat(seen.maskedBytes()).isZero();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void theBootsDecisionsAreToldFromItsText(SyntheticImage image) {
    ImageVerification seen = verify(image);

    assertThat(seen.facts().locked()).isFalse();
    assertThat(seen.facts().returns().kind()).isEqualTo(ReturnMode.Kind.THUNK);
    assertThat(seen.facts().retpolines()).isEqualTo(Retpolines.Mode.THUNK);
    assertThat(seen.facts().features().present().get(1)).isTrue();
    assertThat(seen.facts().features().present().get(2)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void noIllegalChangeSurvives(SyntheticImage image) {
    SyntheticGuest guest = image.guest(SyntheticGuest.longMode());
    GuestKernel kernel = kernelOf(guest);
    ImageVerifier verifier = new ImageVerifier(image.image());
    Workspace workspace = new Workspace();
    verify(verifier, kernel, guest.pages(), workspace);
    ImageMutations mutations =
        new ImageMutations(verifier, workspace.guest().clone(), SyntheticImage.SLIDE);
    long[] frames = workspace.frames().clone();

    for (Map.Entry<String, List<Mutation>> kind :
        mutations.draw(new Random(SEED), MUTATIONS).entrySet()) {
      for (Mutation mutation : kind.getValue()) {
        PageSource changed = mutations.apply(List.of(mutation), frames, guest.pages());
        ImageVerification seen = verify(verifier, kernel, changed, workspace);
        int from = verifier.layout().offsetOf(mutation.place());
        assertThat(seen.deviations())
            .as("%s at %#x, seed %d", kind.getKey(), from, SEED)
            .anyMatch(
                found ->
                    found.offset() < from + mutation.bytes().length
                        && from < found.offset() + found.length());
      }
    }
  }

  @Test
  void aPointerOfTheGuestThatLeadsIntoAFunctionIsReported() {
    long inside = SyntheticImage.BASE + SyntheticImage.SLIDE + 0x41;
    ImageVerification seen = verify(SyntheticImage.classic().withData("pv_ops", 0, inside));

    assertThat(seen.faults()).extracting(DataFault::actual).containsExactly(inside);
    assertThat(seen.faults()).extracting(DataFault::symbol).containsExactly("pv_ops");
    assertThat(seen.unexplainedBytes()).isPositive();
  }

  @Test
  void aChangedFeatureVectorIsOutvotedByTheSitesAndReported() {
    ImageVerification seen = verify(SyntheticImage.classic().withData("boot_cpu_data", 40, 0));

    assertThat(seen.unexplainedBytes()).isZero();
    assertThat(seen.faults()).extracting(DataFault::symbol).containsExactly("boot_cpu_data");
  }

  @Test
  void aPageThatCannotBeReadIsNotTakenForClean() {
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuest whole = image.guest(SyntheticGuest.longMode());
    long text = SyntheticImage.BASE + SyntheticImage.SLIDE + 0x1000;
    long frame = whole.mappedAt(text).orElseThrow().frameAt(text);
    PageSource memory =
        wanted -> wanted.value() == frame ? java.util.Optional.empty() : whole.pages().read(wanted);

    ImageVerification seen =
        verify(new ImageVerifier(image.image()), kernelOf(whole), memory, new Workspace());

    assertThat(seen.pages()).containsEntry(PageVerdict.UNREADABLE, 1);
    assertThat(seen.unreadableBytes()).isEqualTo(4096);
    assertThat(seen.explainsEveryByte()).isFalse();
  }

  @Test
  void aRemappedPageIsFoundEvenWithTheSameContent() {
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuest clean = image.guest(SyntheticGuest.longMode());
    long text = SyntheticImage.BASE + SyntheticImage.SLIDE + 0x2000;
    SyntheticGuestBuilder builder = SyntheticGuest.longMode();
    image.guest(builder);
    byte[] copy =
        clean
            .addressSpace()
            .readPage(new io.plumbline.introspection.memory.GuestVirtualAddress(text))
            .orElseThrow()
            .toByteArray();
    builder.place(0xffffc90000000000L, copy, Rights.KERNEL_DATA);
    long other =
        builder.build().mappedAt(0xffffc90000000000L).orElseThrow().frameAt(0xffffc90000000000L);
    SyntheticGuest guest = builder.map(text, other, 1, Rights.KERNEL_CODE).build();

    ImageVerification seen =
        verify(new ImageVerifier(image.image()), kernelOf(guest), guest.pages(), new Workspace());

    assertThat(seen.unexplainedBytes()).isZero();
    assertThat(seen.remapped()).hasSize(1);
    assertThat(seen.remapped().get(0).address()).isEqualTo(text);
    assertThat(seen.remapped().get(0).sameContent()).isTrue();
  }

  @Test
  void anExecutablePageThatNobodyOwnsIsListed() {
    SyntheticImage image = SyntheticImage.classic();
    SyntheticGuest guest = image.guest(SyntheticGuest.longMode().code(0xffffffffc0000000L, 0xc3));

    ImageVerification seen =
        verify(new ImageVerifier(image.image()), kernelOf(guest), guest.pages(), new Workspace());

    assertThat(seen.elsewhere())
        .extracting(DynamicCode::kind)
        .containsExactly(DynamicCode.Kind.UNOWNED);
  }
}
