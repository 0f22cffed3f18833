package io.plumbline.introspection.paging;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestPhysicalAddress;

/** What the guest's page tables say about one virtual address. */
public sealed interface Translation {
  /**
   * The address is mapped.
   *
   * @param address where the byte lies
   * @param pageSize bytes of the mapping page: 4 KiB, 2 or 4 MiB, 1 GiB
   * @param rights narrowed over all levels
   */
  record Mapped(GuestPhysicalAddress address, long pageSize, Rights rights) implements Translation {
    /** The 4 KiB frame that holds the byte. */
    public FrameNumber frame() {
      return FrameNumber.holding(address);
    }
  }

  /**
   * An entry on the way is not present.
   *
   * @param level of the table that ends the walk, 1 to 5
   */
  record NotMapped(int level) implements Translation {}

  /**
   * A table on the way cannot be read: whether the address is mapped is not known.
   *
   * @param table the frame that the page source does not have
   * @param level of that table, 1 to 5
   */
  record Unreadable(FrameNumber table, int level) implements Translation {}

  /**
   * An entry on the way has reserved bits set: an access faults (Intel SDM volume 3A, section 4.7).
   *
   * @param table the frame that holds the entry
   * @param level of that table, 1 to 5
   */
  record Malformed(FrameNumber table, int level) implements Translation {}

  /** The mode has no such address: not canonical, or above 4 GiB in a 32-bit mode. */
  record NotCanonical() implements Translation {}
}
