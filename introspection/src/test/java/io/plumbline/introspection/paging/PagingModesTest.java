package io.plumbline.introspection.paging;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.testing.MappedPage;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PagingModesTest {
  private static final long KERNEL_64 = 0xffff_ffff_8100_0000L;
  private static final long KERNEL_32 = 0xc100_0000L;

  static Stream<Arguments> everyMode() {
    return Stream.of(
        Arguments.of(SyntheticGuest.longMode(), PagingMode.FOUR_LEVEL, KERNEL_64, 3),
        Arguments.of(SyntheticGuest.fiveLevel(), PagingMode.FIVE_LEVEL, KERNEL_64, 3),
        Arguments.of(SyntheticGuest.pae(), PagingMode.PAE, KERNEL_32, 2),
        Arguments.of(SyntheticGuest.bits32(), PagingMode.BITS_32, KERNEL_32, 2));
  }

  @ParameterizedTest
  @MethodSource("everyMode")
  void everyPageSizeIsFoundWhereTheAnswerKeySays(
      SyntheticGuestBuilder builder, PagingMode mode, long kernel, int largestLevel) {
    builder.code(kernel, 0x90).data(kernel + 0x1000, 1).page(0x40_0000, 1, Rights.USER_CODE);
    for (int level = 2; level <= largestLevel; level++) {
      builder.page(0x4000_0000L * (level - 1), level, Rights.KERNEL_DATA);
    }
    SyntheticGuest guest = builder.build();

    assertThat(guest.addressSpace().mode()).isEqualTo(mode);
    for (MappedPage page : guest.mapped()) {
      for (long offset : List.of(0L, page.size() / 2 + 5, page.size() - 1)) {
        assertTranslatesAsKeySays(guest, mode, page, page.va() + offset);
      }
    }
    assertThat(translate(guest, kernel + 0x2000)).isEqualTo(new Translation.NotMapped(1));
  }

  private static void assertTranslatesAsKeySays(
      SyntheticGuest guest, PagingMode mode, MappedPage page, long va) {
    Rights expected = mode == PagingMode.BITS_32 ? alwaysExecutable(page.rights()) : page.rights();
    assertThat(translate(guest, va))
        .as("%s 0x%x in %s", mode, va, page)
        .isInstanceOfSatisfying(
            Translation.Mapped.class,
            found -> {
              assertThat(found.frame()).isEqualTo(new FrameNumber(page.frameAt(va)));
              assertThat(found.address().offsetInFrame()).isEqualTo((int) va & 0xfff);
              assertThat(found.pageSize()).isEqualTo(page.size());
              assertThat(found.rights()).isEqualTo(expected);
            });
    assertThat(guest.addressSpace().translateToFrame(va)).isEqualTo(page.frameAt(va));
  }

  /** Plain 32-bit entries have no XD bit. */
  private static Rights alwaysExecutable(Rights rights) {
    return new Rights(rights.user(), rights.writable(), true);
  }

  @ParameterizedTest
  @MethodSource("everyMode")
  void bytesAreReadThroughTheTables(
      SyntheticGuestBuilder builder, PagingMode mode, long kernel, int largestLevel) {
    AddressSpace space = builder.code(kernel + 0xffe, 0x11, 0x22, 0x33).build().addressSpace();

    assertThat(space.mode()).isEqualTo(mode);
    assertThat(largestLevel).isPositive();
    assertThat(space.readPage(new GuestVirtualAddress(kernel)).orElseThrow().shortAt(0xffe))
        .isEqualTo(0x2211);
    assertThat(space.readPage(new GuestVirtualAddress(kernel + 0x1000)).orElseThrow().byteAt(0))
        .isEqualTo(0x33);
    assertThat(space.readPage(new GuestVirtualAddress(kernel + 0x2000))).isEmpty();
  }

  @Test
  void withoutPagingAnAddressIsItsOwnFrame() {
    SyntheticGuest guest = SyntheticGuest.unpaged().code(0x10_0000, 0xf4).build();

    assertThat(guest.addressSpace().mode()).isEqualTo(PagingMode.UNPAGED);
    assertThat(guest.addressSpace().translateToFrame(0x10_0abc)).isEqualTo(0x100);
    assertThat(translate(guest, 0x1_0000_0000L)).isEqualTo(new Translation.NotCanonical());
    ExecutableMemory memory = guest.addressSpace().executableMemory(WalkBudget.STANDARD);
    assertThat(memory.kernelBytes()).isEqualTo(1L << 32);
    assertThat(memory.view()).isEqualTo(KernelView.UNPAGED);
  }

  @Test
  void aLargePageAbove4GiBIsFoundByItsPse36Bits() {
    long frame = (0x12_3400L & -1024) | 1L << 26;
    SyntheticGuest guest =
        SyntheticGuest.bits32().map(0xc000_0000L, frame, 2, Rights.KERNEL_DATA).build();

    assertThat(guest.addressSpace().translateToFrame(0xc000_5000L)).isEqualTo(frame + 5);
  }

  @Test
  void withoutPageSizeExtensionsBit7IsIgnored() {
    SyntheticGuestBuilder builder =
        SyntheticGuest.bits32().code(KERNEL_32, 0xc3).editEntry(KERNEL_32, 2, e -> e | 0x80);
    long frame = builder.build().mappedAt(KERNEL_32).orElseThrow().frame();

    assertThat(
            builder.withoutPageSizeExtensions().build().addressSpace().translateToFrame(KERNEL_32))
        .isEqualTo(frame);
  }

  @Test
  void addressesThatAreNotCanonicalAreNotTranslated() {
    SyntheticGuest four = SyntheticGuest.longMode().build();
    SyntheticGuest five = SyntheticGuest.fiveLevel().build();

    assertThat(translate(four, 0xff00_0000_0000_0000L)).isEqualTo(new Translation.NotCanonical());
    assertThat(translate(four, 0x0000_8000_0000_0000L)).isEqualTo(new Translation.NotCanonical());
    assertThat(translate(five, 0xff00_0000_0000_0000L)).isEqualTo(new Translation.NotMapped(5));
    assertThat(translate(five, 0x0100_0000_0000_0000L)).isEqualTo(new Translation.NotCanonical());
  }

  private static Translation translate(SyntheticGuest guest, long va) {
    return guest.addressSpace().translate(new GuestVirtualAddress(va));
  }
}
