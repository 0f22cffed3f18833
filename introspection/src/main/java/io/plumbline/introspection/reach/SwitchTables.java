package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.AddressSpace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Tables in read-only data of places in code that a switch in data turns on and off, told by their
 * shape: records of 16 bytes, each with the distances to a place in code, to where it branches, and
 * to the switch, ascending by switch (jump labels of kernels since 5.1).
 */
final class SwitchTables {
  private static final int RECORD = 16;
  private static final long FLAGS = 3;
  private static final long WINDOW = 1L << 30;

  /** Fewer records that fit in a row are chance. */
  private static final int LEAST = 32;

  /** Code and switch lie nearer to the table than this. */
  private static final long NEAR = 64 << 20;

  private final AddressSpace space;
  private final long window;

  /**
   * @param window start of the GiB that the code, its tables and its switches lie in
   */
  SwitchTables(AddressSpace space, long window) {
    this.space = space;
    this.window = window;
  }

  /**
   * Pages that switches lie in, by their addresses.
   *
   * @param readOnlyPages ascending
   */
  LongStream switches(List<Long> readOnlyPages) {
    BitSet found = new BitSet();
    int from = 0;
    for (int next = 1; next <= readOnlyPages.size(); next++) {
      boolean ends =
          next == readOnlyPages.size()
              || readOnlyPages.get(next) != readOnlyPages.get(next - 1) + PageBytes.SIZE;
      if (ends) {
        search(readOnlyPages.subList(from, next), found);
        from = next;
      }
    }
    return found.stream().mapToLong(page -> window + (long) page * PageBytes.SIZE);
  }

  private void search(List<Long> pages, BitSet found) {
    ByteBuffer data =
        ByteBuffer.allocate(pages.size() * PageBytes.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < pages.size(); i++) {
      Optional<PageBytes> page = space.readPage(new GuestVirtualAddress(pages.get(i)));
      if (page.isPresent()) {
        page.get().copyTo(0, data.array(), i * PageBytes.SIZE, PageBytes.SIZE);
      }
    }
    for (int phase = 0; phase < RECORD; phase += Long.BYTES) {
      addRuns(data, pages.get(0), phase, found);
    }
  }

  private void addRuns(ByteBuffer data, long address, int phase, BitSet found) {
    LongStack run = new LongStack();
    int length = 0;
    long last = 0;
    for (int at = phase; at <= data.capacity() - RECORD; at += RECORD) {
      long key = switchOf(data, at, address + at);
      if (key == 0 || (length > 0 && key < last)) {
        flush(run, length, found);
        length = 0;
      }
      if (key != 0) {
        if (length == 0 || (key & -PageBytes.SIZE) != (last & -PageBytes.SIZE)) {
          run.push(key);
        }
        last = key;
        length++;
      }
    }
    flush(run, length, found);
  }

  private void flush(LongStack run, int length, BitSet found) {
    for (int i = 0; i < run.size() && length >= LEAST; i++) {
      found.set((int) ((run.get(i) - window) / PageBytes.SIZE));
    }
    run.clear();
  }

  /** The switch that a record names, 0 if it is none. */
  private long switchOf(ByteBuffer data, int at, long here) {
    long code = here + data.getInt(at);
    long target = here + Integer.BYTES + data.getInt(at + Integer.BYTES);
    long key = here + Long.BYTES + (data.getLong(at + Long.BYTES) & ~FLAGS);
    boolean fits =
        code < here
            && here - code < NEAR
            && Math.abs(target - code) < NEAR
            && Math.abs(key - here) < NEAR
            && key - window >= 0
            && key - window < WINDOW;
    return fits ? key : 0;
  }
}
