package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.paging.PagingMode;
import io.plumbline.introspection.verify.patch.GuestWords;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.OptionalLong;

/** Where a kernel maps all physical memory in a row (Documentation/arch/x86/x86_64/mm.rst). */
public final class DirectMap {
  private static final long FOUR_LEVEL = 0xffff888000000000L;
  private static final long FIVE_LEVEL = 0xff11000000000000L;

  private DirectMap() {}

  /**
   * The linear address of physical address 0: where the guest's variable says, else where it is not
   * moved. It is the guest's word.
   *
   * @param address of the image's offset 0 in the guest
   */
  public static long start(ImageLayout layout, long address, PagingMode mode, GuestWords words) {
    long fixed = mode == PagingMode.FIVE_LEVEL ? FIVE_LEVEL : FOUR_LEVEL;
    return layout.names().find("page_offset_base").stream()
        .mapToObj(at -> words.longAt(address + at))
        .flatMapToLong(OptionalLong::stream)
        .findFirst()
        .orElse(fixed);
  }
}
