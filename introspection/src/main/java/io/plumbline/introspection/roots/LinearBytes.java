package io.plumbline.introspection.roots;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Translation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A hardware table copied out of virtual memory: at most 64 KiB, pages that could not be read
 * remembered with the reason.
 */
final class LinearBytes {
  /** A table register's limit has 16 bits. */
  static final int LARGEST = 1 << 16;

  private final GuestVirtualAddress start;
  private final ByteBuffer bytes;
  private final MissingRoot.Reason[] unreadPages;
  private final Set<FrameNumber> frames = new LinkedHashSet<>();

  private LinearBytes(GuestVirtualAddress start, int length) {
    this.start = start;
    this.bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    this.unreadPages = new MissingRoot.Reason[length / PageBytes.SIZE + 2];
  }

  /** Reads {@code length} bytes, but never more than a table can have. */
  static LinearBytes read(
      AddressSpace space, GuestVirtualAddress start, long length, boolean longMode) {
    LinearBytes table = new LinearBytes(start, (int) Math.max(0, Math.min(length, LARGEST)));
    int done = 0;
    while (done < table.length()) {
      long address = start.value() + done;
      // 32-bit linear addresses wrap at 4 GiB.
      GuestVirtualAddress at = new GuestVirtualAddress(longMode ? address : address & 0xffff_ffffL);
      int count = Math.min(PageBytes.SIZE - at.offsetInPage(), table.length() - done);
      table.readPage(space, at, done, count);
      done += count;
    }
    return table;
  }

  private void readPage(AddressSpace space, GuestVirtualAddress at, int offset, int count) {
    Translation translation = space.translate(at);
    MissingRoot.Reason reason = MissingRoot.Reason.NOT_MAPPED;
    if (translation instanceof Translation.Mapped mapped) {
      frames.add(mapped.frame());
      Optional<PageBytes> page = space.readPage(at);
      page.ifPresent(read -> read.copyTo(at.offsetInPage(), bytes.array(), offset, count));
      reason = page.isPresent() ? null : MissingRoot.Reason.UNREADABLE;
    } else if (translation instanceof Translation.Unreadable) {
      reason = MissingRoot.Reason.UNREADABLE;
    }
    unreadPages[page(offset)] = reason;
  }

  int length() {
    return bytes.capacity();
  }

  /** The frames behind the table, read or not. */
  Set<FrameNumber> frames() {
    return frames;
  }

  /** Whether every page could be read. */
  boolean complete() {
    return Arrays.stream(unreadPages).allMatch(reason -> reason == null);
  }

  /** Whether these bytes lie in the table and were read. */
  boolean has(int offset, int count) {
    return offset >= 0 && offset <= length() - count && whyMissing(offset, count).isEmpty();
  }

  /** Why the bytes, which lie in the table, were not read. */
  Optional<MissingRoot.Reason> whyMissing(int offset, int count) {
    MissingRoot.Reason first = unreadPages[page(offset)];
    return Optional.ofNullable(first != null ? first : unreadPages[page(offset + count - 1)]);
  }

  long longAt(int offset) {
    return bytes.getLong(offset);
  }

  int intAt(int offset) {
    return bytes.getInt(offset);
  }

  private int page(int offset) {
    return (start.offsetInPage() + offset) / PageBytes.SIZE;
  }
}
