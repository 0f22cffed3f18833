package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Translation;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A pointer table as it lies in guest memory.
 *
 * @param targets the entries, as linear addresses
 * @param frames the frames they were read from
 * @param writable whether some page of it may be written by the supervisor through this mapping
 * @param complete false if a page that holds an asked entry could not be read
 */
public record TableContent(
    long[] targets, Set<FrameNumber> frames, boolean writable, boolean complete) {

  /**
   * Reads from the first entry up to the first one that does not lead into executable memory: where
   * a table ends is not written anywhere.
   */
  public static TableContent whileExecutable(
      GuestVirtualAddress table,
      AddressSpace space,
      PageSource pages,
      CodeMemory code,
      CodeMode mode,
      int mostEntries) {
    TableCursor cursor = new TableCursor(table, space, pages, mode);
    long[] targets = new long[64];
    int count = 0;
    while (count < mostEntries && cursor.next() && code.indexOf(cursor.entry) >= 0) {
      if (count == targets.length) {
        targets = Arrays.copyOf(targets, count * 2);
      }
      targets[count++] = cursor.entry;
    }
    return cursor.content(Arrays.copyOf(targets, count));
  }

  /** Reads exactly {@code count} entries, wherever they lead; fewer if a page is unreadable. */
  public static TableContent ofLength(
      int count, GuestVirtualAddress table, AddressSpace space, PageSource pages, CodeMode mode) {
    TableCursor cursor = new TableCursor(table, space, pages, mode);
    long[] targets = new long[count];
    int read = 0;
    while (read < count && cursor.next()) {
      targets[read++] = cursor.entry;
    }
    return cursor.content(Arrays.copyOf(targets, read));
  }

  /** Steps through a table entry by entry, translating once per page. */
  private static final class TableCursor {
    private final AddressSpace space;
    private final PageSource pages;
    private final int entryBytes;
    private final Set<FrameNumber> frames = new LinkedHashSet<>();
    private long at;
    private Optional<PageBytes> page = Optional.empty();
    private long pageStart;
    private boolean writable;
    private boolean complete = true;
    private long entry;

    TableCursor(GuestVirtualAddress table, AddressSpace space, PageSource pages, CodeMode mode) {
      this.space = space;
      this.pages = pages;
      this.entryBytes = mode == CodeMode.LONG_64 ? Long.BYTES : Integer.BYTES;
      this.at = table.value();
      this.pageStart = at + 1;
    }

    /**
     * Reads the next entry; entries that straddle two pages end the table, compilers align them.
     */
    boolean next() {
      GuestVirtualAddress address = new GuestVirtualAddress(at);
      if (address.offsetInPage() > PageBytes.SIZE - entryBytes || !enterPage(address)) {
        complete = false;
        return false;
      }
      int offset = address.offsetInPage();
      entry =
          entryBytes == Long.BYTES
              ? page.get().longAt(offset)
              : page.get().intAt(offset) & 0xffff_ffffL;
      at += entryBytes;
      return true;
    }

    private boolean enterPage(GuestVirtualAddress address) {
      long start = address.value() - address.offsetInPage();
      if (start == pageStart) {
        return page.isPresent();
      }
      pageStart = start;
      page = Optional.empty();
      if (space.translate(address) instanceof Translation.Mapped mapped) {
        frames.add(mapped.frame());
        writable |= space.supervisorMayWrite(mapped.rights());
        page = pages.read(mapped.frame());
      }
      return page.isPresent();
    }

    TableContent content(long[] targets) {
      return new TableContent(targets, frames, writable, complete);
    }
  }
}
