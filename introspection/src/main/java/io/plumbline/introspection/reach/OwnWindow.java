package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Translation;
import java.util.Comparator;
import java.util.Optional;

/**
 * The GiB of linear addresses that a 64-bit kernel's own mapping lies in, its code and data beside
 * each other; what is loaded later lies in the one behind it.
 *
 * @param code the largest region of code in the upper half, which is the kernel's text
 */
record OwnWindow(CodeRegion code) {
  static final long SIZE = 1L << 30;

  /** Pages of code, of data and of nothing for each page of data that is looked at. */
  private static final int STEPS = 4;

  private static final int TABLE_BITS = 9;

  /** Sees a mapped page; whether it wants to see more. */
  @FunctionalInterface
  interface MappedPages {
    boolean see(long address, Translation.Mapped page);
  }

  /** Empty if the guest has no code there, or is not in long mode. */
  static Optional<OwnWindow> of(GuestKernel kernel) {
    return kernel.code().regions().stream()
        .filter(region -> region.start() < 0 && kernel.vcpu().longMode())
        .max(Comparator.comparingInt(CodeRegion::length))
        .map(OwnWindow::new);
  }

  /** Steps through the window in which {@code dataPages} are looked at. */
  static int steps(int dataPages) {
    return STEPS * dataPages;
  }

  /** Linear address of its first byte. */
  long start() {
    return code.start() & -SIZE;
  }

  /**
   * Shows the mapped pages from {@code first} on, ascending, until {@code seen} has enough.
   *
   * @param most pages and gaps that are stepped over
   */
  void mappedFrom(long first, int most, AddressSpace space, MappedPages seen) {
    long at = first;
    boolean more = true;
    for (int step = 0; step < most && at - start() < SIZE && more; step++) {
      Translation translation = space.translate(new GuestVirtualAddress(at));
      if (translation instanceof Translation.Mapped mapped) {
        more = seen.see(at, mapped);
        at += PageBytes.SIZE;
      } else {
        int level = translation instanceof Translation.NotMapped none ? none.level() : 1;
        long span = (long) PageBytes.SIZE << (TABLE_BITS * (level - 1));
        at = (at & -span) + span;
      }
    }
  }
}
