package io.plumbline.introspection.drill;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestPhysicalAddress;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.TableEntry;
import io.plumbline.introspection.paging.TableLevel;
import io.plumbline.introspection.verify.patch.Bytes;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongUnaryOperator;

/**
 * The page tables of one vCPU in a tampered memory, in 64-bit modes (Intel SDM volume 3A, section
 * 4.5, tables 4-15 to 4-20). New tables lie in fresh frames.
 */
final class PageTables {
  static final long PRESENT = 1;
  static final long WRITABLE = 1 << 1;
  static final long USER = 1 << 2;
  static final long NO_EXECUTE = 1L << 63;
  static final long ADDRESS = 0x000f_ffff_ffff_f000L;

  private static final long ACCESSED = 1 << 5;
  private static final long PAGE_SIZE = 1 << 7;

  /** The PAT bit of a large page; that of a 4 KiB page is where the others have PS. */
  private static final long LARGE_PAT = 1 << 12;

  private static final int ENTRIES = 512;
  private static final int LAST_LEVEL = 1;

  /** Entries that are looked at for a page of a process. */
  private static final int MOST_STEPS = 1 << 16;

  private final AddressSpace space;
  private final TamperedMemory memory;

  /**
   * @param space read through {@code memory}
   */
  PageTables(AddressSpace space, TamperedMemory memory) {
    this.space = space;
    this.memory = memory;
  }

  /** The entry that maps an address, of whatever level; empty if it is not mapped. */
  Optional<TableEntry> mapping(long address) {
    List<TableEntry> entries = space.entriesTo(new GuestVirtualAddress(address));
    return entries.isEmpty()
        ? Optional.empty()
        : Optional.of(entries.get(entries.size() - 1)).filter(TableEntry::mapsPage);
  }

  /** The first page of the lower half that user mode may use; empty if none of the first is. */
  OptionalLong userPage() {
    long address = 0;
    for (int step = 0; step < MOST_STEPS && address >= 0; step++) {
      List<TableEntry> entries = space.entriesTo(new GuestVirtualAddress(address));
      if (entries.isEmpty()) {
        break;
      }
      TableEntry end = entries.get(entries.size() - 1);
      if (end.mapsPage() && entries.stream().allMatch(each -> (each.value() & USER) != 0)) {
        return OptionalLong.of(address);
      }
      address = (address & -end.level().span()) + end.level().span();
    }
    return OptionalLong.empty();
  }

  /** Changes the entries of tables that lead to an address, and not the one that maps it. */
  void editTables(long address, LongUnaryOperator change) {
    for (TableEntry entry : space.entriesTo(new GuestVirtualAddress(address))) {
      if (entry.namesTable()) {
        write(entry, change.applyAsLong(entry.value()));
      }
    }
  }

  /**
   * Changes the entry of one 4 KiB page; a larger page is split first.
   *
   * @throws NoPlaceException if the address is not mapped
   */
  void edit(long address, LongUnaryOperator change) {
    TableEntry entry = required(address);
    while (entry.level().number() > LAST_LEVEL) {
      split(entry);
      entry = required(address);
    }
    write(entry, change.applyAsLong(entry.value()));
  }

  private TableEntry required(long address) {
    return mapping(address)
        .orElseThrow(() -> new NoPlaceException(String.format("%#x is not mapped", address)));
  }

  /** The same pages with the same rights, by entries of the next level. */
  private void split(TableEntry large) {
    long span = large.level().span();
    long first = large.value() & ADDRESS & -span;
    long pat = large.value() & LARGE_PAT;
    long rest = large.value() & ~ADDRESS;
    boolean last = large.level().number() - 1 == LAST_LEVEL;
    if (last) {
      rest = (rest & ~PAGE_SIZE) | (pat == 0 ? 0 : PAGE_SIZE);
    } else {
      rest |= pat;
    }
    byte[] entries = new byte[PageBytes.SIZE];
    for (int i = 0; i < ENTRIES; i++) {
      Bytes.putLong(entries, i * Long.BYTES, (first + i * (span / ENTRIES)) | rest);
    }
    FrameNumber table = memory.fresh();
    memory.write(table.start(), entries);
    write(large, tableEntry(table, large.value() & USER));
  }

  /** Leaves it to the entries of the table what is allowed. */
  private static long tableEntry(FrameNumber table, long user) {
    return table.start().value() | PRESENT | WRITABLE | ACCESSED | user;
  }

  /**
   * Maps a page where nothing is mapped.
   *
   * @param rights the bits of the entry besides the address and {@link #PRESENT}
   */
  void map(long address, FrameNumber frame, long rights) {
    while (true) {
      List<TableEntry> entries = space.entriesTo(new GuestVirtualAddress(address));
      if (entries.isEmpty() || entries.get(entries.size() - 1).mapsPage()) {
        throw new NoPlaceException(String.format("%#x cannot be mapped", address));
      }
      TableEntry end = entries.get(entries.size() - 1);
      if (end.level().number() == LAST_LEVEL) {
        write(end, frame.start().value() | PRESENT | ACCESSED | rights);
        return;
      }
      write(end, tableEntry(memory.fresh(), rights & USER));
    }
  }

  private void write(TableEntry entry, long value) {
    TableLevel level = entry.level();
    if (level.entryBytes() != Long.BYTES) {
      throw new NoPlaceException("page tables: expected entries of 8 bytes, as in 64-bit modes");
    }
    byte[] bytes = new byte[Long.BYTES];
    Bytes.putLong(bytes, 0, value);
    memory.write(new GuestPhysicalAddress(entry.address().value()), bytes);
  }
}
