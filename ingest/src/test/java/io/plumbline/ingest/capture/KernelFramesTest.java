package io.plumbline.ingest.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.paging.Translation;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.testing.SyntheticGuest;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelFramesTest {
  private static final long CODE = 0xffffffff81000000L;
  private static final long DIRECT_MAP = 0xffff_8880_0000_0000L;
  private static final long USER = 0x400000L;
  private static final long READ_ONLY = CODE + 0x10_0000L;

  /** Small pages behind the code are what the kernel gave back after boot. */
  private static final long GIVEN_BACK = CODE + 0x11_0000L;

  private static final int RET = 0xc3;

  private final SyntheticGuest guest =
      SyntheticGuest.longMode()
          .code(CODE, RET)
          .page(USER, 1, Rights.USER_CODE)
          // Tables that map their own top are the kernel's, not a program's.
          .map(DIRECT_MAP, 0, 2, Rights.KERNEL_DATA)
          .place(READ_ONLY, new byte[] {1}, Rights.KERNEL_READ_ONLY)
          .place(GIVEN_BACK, new byte[] {2}, Rights.KERNEL_DATA)
          .idtGate(0, CODE)
          .lstar(CODE)
          .build();
  private final AddressSpace space = AddressSpace.of(guest.vcpu(), guest.pages());
  private final FrameSet watched =
      new KernelFrames(ExplorationBudget.STANDARD).of(guest.pages(), List.of(guest.vcpu()));

  @Test
  void codeTablesAndTheIdtAreWatched() {
    assertThat(watched.contains(frameOf(CODE))).isTrue();
    assertThat(watched.contains(frameOf(guest.vcpu().idtr().base().value()))).isTrue();
    assertThat(watched.contains(space.root())).isTrue();
  }

  @Test
  void readOnlyDataAroundTheCodeIsWatchedAndMemoryThatWasGivenBackIsNot() {
    assertThat(watched.contains(frameOf(READ_ONLY))).isTrue();
    assertThat(watched.contains(frameOf(GIVEN_BACK))).isFalse();
  }

  @Test
  void userMemoryIsNot() {
    assertThat(watched.contains(frameOf(USER))).isFalse();
  }

  private FrameNumber frameOf(long address) {
    return ((Translation.Mapped) space.translate(new GuestVirtualAddress(address))).frame();
  }
}
