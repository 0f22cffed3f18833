package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.WalkBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticGuestBuilder;
import org.junit.jupiter.api.Test;

class CodeMemoryTest {
  private static final long TEXT = 0xc100_0000L;
  private static final long DATA = 0xc200_0000L;
  private static final long TOP = 0xffff_ffff_ffff_f000L;

  @Test
  void whereNothingCanForbidExecutionWritableMemoryIsNoCode() {
    SyntheticGuest guest = SyntheticGuest.bits32().code(TEXT, 0xc3).data(DATA, 1).build();
    ExecutableMemory executable = guest.addressSpace().executableMemory(WalkBudget.STANDARD);
    ExplorationBudget budget = ExplorationBudget.STANDARD;

    assertThat(CodeMemory.read(executable, guest.pages(), budget).regionAt(DATA)).isPresent();
    CodeMemory fixed = CodeMemory.readWithoutNoExecute(executable, guest.pages(), budget);
    assertThat(fixed.regionAt(DATA)).isEmpty();
    assertThat(fixed.regionAt(TEXT)).isPresent();
  }

  @Test
  void regionsBetweenTwoAddressesAreThoseThatShareAByteWithThem() {
    long[] starts = {0x1000, 0x4000, 0x7fff_ffff_f000L, 0xffff_8000_0000_0000L, TOP};
    SyntheticGuestBuilder guest = SyntheticGuest.longMode();
    for (long start : starts) {
      guest.code(start, 0xc3);
    }
    SyntheticGuest built = guest.build();
    CodeMemory memory =
        CodeMemory.read(
            built.addressSpace().executableMemory(WalkBudget.STANDARD),
            built.pages(),
            ExplorationBudget.STANDARD);

    assertThat(memory.regions()).hasSize(starts.length);
    assertThat(memory.regionsBetween(0x1fff, 0x4001)).isEqualTo(memory.regions().subList(0, 2));
    assertThat(memory.regionsBetween(0x2000, 0x4000)).isEmpty();
    assertThat(memory.regionsBetween(0x4800, 0x4801)).isEqualTo(memory.regions().subList(1, 2));
    assertThat(memory.regionsBetween(0x5000, TOP)).isEqualTo(memory.regions().subList(2, 4));
    assertThat(memory.regionsBetween(TOP, 0)).isEqualTo(memory.regions().subList(4, 5));
    assertThat(memory.regionsBetween(0xffff_8000_0000_1000L, TOP)).isEmpty();
  }

  @Test
  void executionCanBeForbiddenByPaeAndNotBy32BitPaging() {
    SyntheticGuest pae = SyntheticGuest.pae().code(TEXT, 0xc3).build();
    SyntheticGuest off = SyntheticGuest.pae().code(TEXT, 0xc3).withoutNoExecute().build();
    SyntheticGuest bits32 = SyntheticGuest.bits32().code(TEXT, 0xc3).build();

    assertThat(pae.addressSpace().canForbidExecution()).isTrue();
    assertThat(off.addressSpace().canForbidExecution()).isFalse();
    assertThat(bits32.addressSpace().canForbidExecution()).isFalse();
  }
}
