package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.WalkBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import org.junit.jupiter.api.Test;

class CodeMemoryTest {
  private static final long TEXT = 0xc100_0000L;
  private static final long DATA = 0xc200_0000L;

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
  void executionCanBeForbiddenByPaeAndNotBy32BitPaging() {
    SyntheticGuest pae = SyntheticGuest.pae().code(TEXT, 0xc3).build();
    SyntheticGuest off = SyntheticGuest.pae().code(TEXT, 0xc3).withoutNoExecute().build();
    SyntheticGuest bits32 = SyntheticGuest.bits32().code(TEXT, 0xc3).build();

    assertThat(pae.addressSpace().canForbidExecution()).isTrue();
    assertThat(off.addressSpace().canForbidExecution()).isFalse();
    assertThat(bits32.addressSpace().canForbidExecution()).isFalse();
  }
}
