package io.plumbline.introspection.bench;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.trust.Guest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A guest with more memory than it has: its top page table gets one more entry, below which large
 * pages map as much of it for the supervisor as is asked for, as a kernel maps all memory. Entries
 * are those of the Intel SDM, volume 3A, tables 4-15 to 4-18.
 */
final class GrownGuest {
  private static final int ENTRIES = PageBytes.SIZE / Long.BYTES;
  private static final int FIRST_OF_KERNEL = ENTRIES / 2;
  private static final long PRESENT_WRITABLE = 3;
  private static final long LARGE = 1 << 7;
  private static final long EXECUTE_DISABLE = 1L << 63;
  private static final long LARGE_PAGE = 1L << 21;

  /** No guest has frames there. */
  private static final long TABLES = 1L << 34;

  private GrownGuest() {}

  /**
   * The guest with so much more memory.
   *
   * @param gibibytes at most 512; none for the guest as it is
   * @throws UnfitGuestException if its top table has no room
   */
  static Guest of(Guest guest, int gibibytes) throws UnfitGuestException {
    if (gibibytes == 0) {
      return guest;
    }
    PageSource memory = guest.memory();
    FrameNumber top = AddressSpace.asMade(guest.vcpus().get(0), memory).root();
    byte[] table =
        memory
            .read(top)
            .orElseThrow(() -> new UnfitGuestException("expected a top page table, found none"))
            .toByteArray();
    ByteBuffer entries = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    int free = ENTRIES - 1;
    while (free >= FIRST_OF_KERNEL && entries.getLong(free * Long.BYTES) != 0) {
      free--;
    }
    if (free < FIRST_OF_KERNEL) {
      throw new UnfitGuestException("expected a free entry in the top page table, found none");
    }
    Map<Long, byte[]> added = new HashMap<>();
    entries.putLong(free * Long.BYTES, address(TABLES) | PRESENT_WRITABLE);
    added.put(top.value(), table);
    ByteBuffer directory = table(added, TABLES);
    for (int gibibyte = 0; gibibyte < gibibytes; gibibyte++) {
      directory.putLong(gibibyte * Long.BYTES, address(TABLES + 1 + gibibyte) | PRESENT_WRITABLE);
      ByteBuffer pages = table(added, TABLES + 1 + gibibyte);
      for (int page = 0; page < ENTRIES; page++) {
        long mapped = ((long) gibibyte * ENTRIES + page) * LARGE_PAGE;
        pages.putLong(page * Long.BYTES, mapped | LARGE | PRESENT_WRITABLE | EXECUTE_DISABLE);
      }
    }
    return new Guest(guest.vmId(), over(memory, added), guest.vcpus());
  }

  private static PageSource over(PageSource memory, Map<Long, byte[]> added) {
    return frame -> {
      byte[] page = added.get(frame.value());
      return page == null ? memory.read(frame) : Optional.of(PageBytes.wrap(page));
    };
  }

  private static ByteBuffer table(Map<Long, byte[]> added, long frame) {
    byte[] table = new byte[PageBytes.SIZE];
    added.put(frame, table);
    return ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static long address(long frame) {
    return frame << FrameNumber.SHIFT;
  }
}
