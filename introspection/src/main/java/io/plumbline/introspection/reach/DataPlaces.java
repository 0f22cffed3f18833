package io.plumbline.introspection.reach;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Where the pages of data lie that a guest was seen to have, by their places in the order in which
 * they were met. Columns, and found by open addressing, as a guest has thousands that it keeps.
 */
final class DataPlaces {
  static final int NONE = -1;

  private static final int LEAST = 64;
  private static final int KIND_BITS = 2;
  private static final DataMemory.Kind[] KINDS = DataMemory.Kind.values();

  private long[] addresses = new long[LEAST];

  /** Each with the page's kind in the lower bits. */
  private long[] frames = new long[LEAST];

  private int[] reachedAs = new int[LEAST];
  private int size;

  /** One more than the place of a page by its address, and by its frame; 0 for none. */
  private int[] byAddress = new int[2 * LEAST];

  private int[] byFrame = new int[2 * LEAST];

  /**
   * Adds a page.
   *
   * @param address that no other has
   * @param frame that holds it, -1 if that is of no matter
   * @return its place
   */
  int add(DataMemory.Kind kind, long address, long frame) {
    if (size == addresses.length) {
      room(size + Math.max(LEAST, size >> 3));
    }
    int place = size++;
    addresses[place] = address;
    frames[place] = (frame << KIND_BITS) | kind.compareTo(DataMemory.Kind.NONE);
    reachedAs[place] = NONE;
    if (2 * size > byAddress.length) {
      byAddress = new int[2 * byAddress.length];
      byFrame = new int[byAddress.length];
      for (int each = 0; each < size; each++) {
        file(each);
      }
    } else {
      file(place);
    }
    return place;
  }

  private void room(int pages) {
    addresses = Arrays.copyOf(addresses, pages);
    frames = Arrays.copyOf(frames, pages);
    reachedAs = Arrays.copyOf(reachedAs, pages);
  }

  private void file(int place) {
    int slot = slotOf(addresses[place]);
    while (byAddress[slot] != 0) {
      slot = after(slot);
    }
    byAddress[slot] = place + 1;
    if (frame(place) >= 0) {
      slot = slotOf(frame(place));
      while (byFrame[slot] != 0) {
        slot = after(slot);
      }
      byFrame[slot] = place + 1;
    }
  }

  private int slotOf(long number) {
    return Spread.slot(number, byAddress.length);
  }

  private int after(int slot) {
    return (slot + 1) & (byAddress.length - 1);
  }

  /** The place of the page at the address of its first byte, {@link #NONE} if there is none. */
  int at(long address) {
    int slot = slotOf(address);
    while (byAddress[slot] != 0) {
      if (addresses[byAddress[slot] - 1] == address) {
        return byAddress[slot] - 1;
      }
      slot = after(slot);
    }
    return NONE;
  }

  /** Visits the places of the pages that a frame holds. */
  void forEachOf(long frame, IntConsumer visitor) {
    for (int slot = slotOf(frame); byFrame[slot] != 0; slot = after(slot)) {
      if (frame(byFrame[slot] - 1) == frame) {
        visitor.accept(byFrame[slot] - 1);
      }
    }
  }

  int size() {
    return size;
  }

  DataMemory.Kind kind(int place) {
    return KINDS[(int) frames[place] & ((1 << KIND_BITS) - 1)];
  }

  long address(int place) {
    return addresses[place];
  }

  /** Number of the frame that holds a page, -1 if that is of no matter. */
  long frame(int place) {
    return frames[place] >> KIND_BITS;
  }

  /** The number of what was reached of a page, {@link #NONE} if nothing was. */
  int reachedAs(int place) {
    return reachedAs[place];
  }

  void reachedAs(int place, int number) {
    reachedAs[place] = number;
  }

  /** Bytes of heap, about. */
  long heldBytes() {
    return (long) addresses.length * (2 * Long.BYTES + Integer.BYTES)
        + 2L * byAddress.length * Integer.BYTES;
  }
}
