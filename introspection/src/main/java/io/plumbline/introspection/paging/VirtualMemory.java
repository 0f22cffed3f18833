package io.plumbline.introspection.paging;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An address space for loops: remembers the translations and pages it met last, as a processor's
 * TLB does. Make one per exploration and drop it: it does not see later changes of the tables. Not
 * for several threads.
 */
public final class VirtualMemory {
  private static final int SLOTS = 1024;

  /** No page starts at an odd address. */
  private static final long EMPTY = 1;

  private final AddressSpace space;
  private final CachedWalk walk;
  private final long[] pageOfSlot = new long[SLOTS];
  private final long[] frameOfSlot = new long[SLOTS];
  private final List<Optional<PageBytes>> bytesOfSlot =
      new ArrayList<>(Collections.nCopies(SLOTS, Optional.empty()));

  public VirtualMemory(AddressSpace space) {
    this.space = space;
    this.walk = new CachedWalk(space);
    Arrays.fill(pageOfSlot, EMPTY);
  }

  /** The frame number that {@code va} is mapped to, or -1. */
  public long frameAt(long va) {
    return frameOfSlot[slot(va)];
  }

  /** The 4 KiB page around {@code va}; empty if it is not mapped or its frame not readable. */
  public Optional<PageBytes> pageAt(long va) {
    return bytesOfSlot.get(slot(va));
  }

  /** The 64-bit word at {@code va}; empty if it cannot be read, or lies in two pages. */
  public OptionalLong wordAt(long va) {
    Optional<PageBytes> page = pageAt(va);
    int offset = (int) va & PageBytes.SIZE - 1;
    return page.isPresent() && offset <= PageBytes.SIZE - Long.BYTES
        ? OptionalLong.of(page.get().longAt(offset))
        : OptionalLong.empty();
  }

  private int slot(long va) {
    long page = va & -PageBytes.SIZE;
    int slot = (int) (va >>> FrameNumber.SHIFT) & (SLOTS - 1);
    if (pageOfSlot[slot] != page) {
      long frame = walk.frameAt(va);
      frameOfSlot[slot] = frame;
      bytesOfSlot.set(
          slot, frame < 0 ? Optional.empty() : space.pages().read(new FrameNumber(frame)));
      pageOfSlot[slot] = page;
    }
    return slot;
  }
}
