package io.plumbline.introspection.verify.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import io.plumbline.introspection.testing.SyntheticImage;
import io.plumbline.introspection.verify.dynamic.DynamicCode;
import io.plumbline.introspection.verify.image.Deviation;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.image.Workspace;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A synthetic module in a synthetic guest: found, told, and every byte of it explained or found.
 */
class GuestModulesTest {
  private static final long SEED = 20261126;
  private static final int MUTATIONS = 200;

  private record Seen(GuestModules modules, ImageVerification kernel) {
    ModuleVerification only() {
      assertThat(modules.verifications()).hasSize(1);
      return modules.verifications().get(0);
    }
  }

  static Stream<Arguments> worlds() {
    return Stream.of(
        Arguments.of(SyntheticImage.classic(), new SyntheticModule("one", "6.1.0-test", 1)),
        Arguments.of(SyntheticImage.relocating(), new SyntheticModule("one", "6.12.0-test", 1)));
  }

  private static Seen see(
      ImageVerifier verifier, ModuleIndex index, SyntheticGuest guest, PageSource memory) {
    GuestKernel kernel =
        GuestKernel.of(memory, List.of(guest.vcpu()), ExplorationBudget.STANDARD)
            .kernel()
            .orElseThrow();
    AddressSpace space = AddressSpace.of(kernel.vcpu(), memory);
    GuestModules modules =
        GuestModules.find(index, SyntheticImage.SLIDE, space, kernel.executable());
    ImageVerification seen =
        verifier.verify(
            SyntheticImage.SLIDE, space, memory, kernel.executable(), modules, new Workspace());
    return new Seen(modules, seen);
  }

  private static Seen see(SyntheticImage kernel, SyntheticModule loaded, ModuleImage... known) {
    SyntheticGuest guest = kernel.guest(loaded.load(SyntheticGuest.longMode(), kernel));
    ImageVerifier verifier = new ImageVerifier(kernel.image());
    return see(
        verifier,
        new ModuleIndex(SyntheticModule.bookOf(known), verifier.layout()),
        guest,
        guest.pages());
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void aCopyOfAModuleThatIsMappedOnceMoreIsNobodys(SyntheticImage kernel, SyntheticModule module) {
    SyntheticGuestBuilder builder = module.load(SyntheticGuest.longMode(), kernel);
    long copy = SyntheticModule.ADDRESS + 0x200000;
    builder.map(
        copy,
        builder.build().mappedAt(SyntheticModule.ADDRESS).orElseThrow().frame(),
        1,
        Rights.KERNEL_CODE);
    SyntheticGuest guest = kernel.guest(builder);
    ImageVerifier verifier = new ImageVerifier(kernel.image());
    ModuleIndex index = new ModuleIndex(SyntheticModule.bookOf(module.image()), verifier.layout());

    Seen seen = see(verifier, index, guest, guest.pages());

    assertThat(seen.only().address()).isEqualTo(SyntheticModule.ADDRESS);
    assertThat(seen.only().explainsEveryByte()).isTrue();
    assertThat(seen.kernel().elsewhere())
        .filteredOn(code -> code.address() == copy)
        .extracting(DynamicCode::kind, DynamicCode::verified)
        .containsExactly(tuple(DynamicCode.Kind.UNOWNED, false));
  }

  /**
   * Where one module was initialised the next one may be: the place is given back in between, while
   * both still have its address.
   */
  @ParameterizedTest
  @MethodSource("worlds")
  void theInitialisationOfOneModuleIsToldWhereAnotherOneHadIts(
      SyntheticImage kernel, SyntheticModule first) {
    String release = first.image().vermagic().split(" ")[0];
    SyntheticModule second =
        new SyntheticModule(
            "two", release, 2, SyntheticModule.ADDRESS + 0x10000, SyntheticModule.ONE_CALL);
    ImageVerifier verifier = new ImageVerifier(kernel.image());
    ModuleIndex index =
        new ModuleIndex(SyntheticModule.bookOf(first.image(), second.image()), verifier.layout());
    for (SyntheticModule there : List.of(first, second)) {
      SyntheticGuest guest =
          kernel.guest(
              second
                  .load(first.load(SyntheticGuest.longMode(), kernel), kernel)
                  .place(
                      SyntheticModule.INITIALISATION,
                      there.guestInitialisation(kernel),
                      Rights.KERNEL_CODE));

      Seen seen = see(verifier, index, guest, guest.pages());

      String name = there.image().name();
      assertThat(seen.modules().verifications()).hasSize(2);
      assertThat(seen.modules().explains(SyntheticModule.INITIALISATION)).as(name).isTrue();
      assertThat(seen.modules().ownerOf(SyntheticModule.INITIALISATION))
          .hasValue("module " + name + ", initialisation");
      assertThat(seen.kernel().elsewhere())
          .filteredOn(code -> code.address() == SyntheticModule.INITIALISATION)
          .extracting(DynamicCode::kind, DynamicCode::verified)
          .containsExactly(tuple(DynamicCode.Kind.MODULE, true));
    }
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void everyByteOfAModuleIsPredicted(SyntheticImage kernel, SyntheticModule module) {
    Seen seen = see(kernel, module, module.image());

    assertThat(seen.only().deviations()).isEmpty();
    assertThat(seen.only().blindSpots()).isEmpty();
    assertThat(seen.only().explainsEveryByte()).isTrue();
    assertThat(seen.only().textBytes()).isEqualTo(4096);
    assertThat(seen.only().readOnlyBytes()).isEqualTo(4096);
    assertThat(seen.kernel().elsewhere())
        .extracting(DynamicCode::kind, DynamicCode::verified, DynamicCode::description)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(DynamicCode.Kind.MODULE, true, "module one"));
    assertThat(seen.modules().isFunction(SyntheticModule.ADDRESS + 0x20)).isTrue();
    assertThat(seen.modules().isFunction(SyntheticModule.ADDRESS + 0x21)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void noChangedByteSurvives(SyntheticImage kernel, SyntheticModule module) {
    SyntheticGuest guest = kernel.guest(module.load(SyntheticGuest.longMode(), kernel));
    ImageVerifier verifier = new ImageVerifier(kernel.image());
    ModuleIndex index = new ModuleIndex(SyntheticModule.bookOf(module.image()), verifier.layout());
    Random random = new Random(SEED);
    for (long start : new long[] {SyntheticModule.ADDRESS, module.readOnlyAt()}) {
      for (int i = 0; i < MUTATIONS; i++) {
        long at = start + random.nextInt(SyntheticModule.PAGE);
        int flip = 1 + random.nextInt(255);
        Seen seen = see(verifier, index, guest, changed(guest, at, flip));
        assertThat(seen.only().deviations())
            .as("0x%x ^ 0x%x, seed %d", at, flip, SEED)
            .anyMatch(found -> found.address() <= at && at < found.address() + found.length());
      }
    }
  }

  private static PageSource changed(SyntheticGuest guest, long at, int flip) {
    long frame = guest.mappedAt(at).orElseThrow().frameAt(at);
    return wanted -> {
      Optional<PageBytes> page = guest.pages().read(new FrameNumber(wanted.value()));
      if (wanted.value() != frame) {
        return page;
      }
      byte[] bytes = page.orElseThrow().toByteArray();
      bytes[(int) at & 4095] ^= (byte) flip;
      return Optional.of(PageBytes.wrap(bytes));
    };
  }

  @Test
  void codeInTheBlankEndOfAModulesPageIsFoundWithItsAddress() {
    SyntheticImage kernel = SyntheticImage.classic();
    SyntheticModule module = new SyntheticModule("one", "6.1.0-test", 1);
    SyntheticGuest guest = kernel.guest(module.load(SyntheticGuest.longMode(), kernel));
    ImageVerifier verifier = new ImageVerifier(kernel.image());
    ModuleIndex index = new ModuleIndex(SyntheticModule.bookOf(module.image()), verifier.layout());

    Seen seen = see(verifier, index, guest, changed(guest, SyntheticModule.ADDRESS + 0xf00, 0xc3));

    assertThat(seen.only().deviations())
        .extracting(Deviation::address, Deviation::length, Deviation::region)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                SyntheticModule.ADDRESS + 0xf00, 1, Deviation.Region.TEXT));
    assertThat(seen.kernel().elsewhere())
        .extracting(DynamicCode::kind, DynamicCode::verified)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(DynamicCode.Kind.MODULE, false));
  }

  @Test
  void aModuleThatIsInNoBookStaysUnowned() {
    SyntheticModule loaded = new SyntheticModule("one", "6.1.0-test", 1);
    ModuleImage other = new SyntheticModule("other", "6.1.0-test", 7).image();

    Seen seen = see(SyntheticImage.classic(), loaded, other);

    assertThat(seen.modules().verifications()).isEmpty();
    assertThat(seen.kernel().elsewhere())
        .extracting(DynamicCode::kind)
        .containsExactly(DynamicCode.Kind.UNOWNED);
  }

  @Test
  void modulesThatNothingTellsApartAreAllNamed() {
    SyntheticModule loaded = new SyntheticModule("one", "6.1.0-test", 1);
    ModuleImage twin = new SyntheticModule("twin", "6.1.0-test", 1).image();
    ModuleImage other = new SyntheticModule("other", "6.1.0-test", 7).image();

    Seen seen = see(SyntheticImage.classic(), loaded, other, loaded.image(), twin);

    assertThat(seen.only().names()).containsExactly("one", "twin");
    assertThat(seen.only().owner()).isEqualTo("module one or twin");
    assertThat(seen.only().explainsEveryByte()).isTrue();
  }
}
