package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.paging.Translation;

/**
 * Data of code that was loaded later, modules for example: such code lies in the GiB behind the
 * kernel's own, and its data lies near it, in the same allocation or in one of the same area
 * (kernel {@code kernel/module/main.c}, {@code move_module}). Supervisor pages only.
 */
final class DistantData {
  /** Pages before the first and behind the last code; whoever verifies modules looks as far. */
  private static final int MARGIN = 512;

  private DistantData() {}

  /**
   * Reads it.
   *
   * @param window the kernel's own
   * @param pages is told what is asked for
   * @param mostPages that are looked at
   */
  static void read(GuestKernel kernel, OwnWindow window, PageSource pages, int mostPages) {
    long behind = window.start() + OwnWindow.SIZE;
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (CodeRegion region : kernel.code().regions()) {
      long at = region.start();
      if (at - behind >= 0 && at - behind < OwnWindow.SIZE) {
        first = Math.min(first, at);
        last = Math.max(last, at + region.length());
      }
    }
    long at = Math.max(behind, first - (long) MARGIN * PageBytes.SIZE);
    for (int i = 0; i < mostPages && at < last + (long) MARGIN * PageBytes.SIZE; i++) {
      if (kernel.space().translate(new GuestVirtualAddress(at)) instanceof Translation.Mapped mapped
          && isData(mapped.rights())) {
        pages.read(mapped.frame());
      }
      at += PageBytes.SIZE;
    }
  }

  private static boolean isData(Rights rights) {
    return rights.equals(Rights.KERNEL_DATA) || rights.equals(Rights.KERNEL_READ_ONLY);
  }
}
