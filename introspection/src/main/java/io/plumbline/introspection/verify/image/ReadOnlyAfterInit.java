package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.ImageNames;
import io.plumbline.introspection.verify.patch.MovedFields;
import io.plumbline.introspection.verify.patch.Rewriting;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongPredicate;

/**
 * The part of read-only data that the kernel writes while it boots ({@code
 * include/asm-generic/vmlinux.lds.h}, RO_AFTER_INIT_DATA). The jump table is the file's, sorted and
 * with its init flags set ({@code kernel/jump_label.c}, jump_label_init); the static-call sites are
 * the same set in order of their keys ({@code kernel/static_call_inline.c}, static_call_init); of
 * the rest a word that leads into code must be a trusted function's beginning.
 */
final class ReadOnlyAfterInit {
  private static final int JUMP_ENTRY = 16;
  private static final int CALL_ENTRY = 8;
  private static final long FLAGS = 3;
  private static final int INIT = 2;

  /**
   * Variables that hold bounds of memory for code, and no pointers to code: whole pages only
   * ({@code mm/execmem.c} since 6.10).
   */
  private static final List<String> MEMORY_BOUNDS = List.of("execmem_info");

  private static final int PAGE_MASK = PageBytes.SIZE - 1;

  private final ImageLayout layout;
  private final int start;
  private final int end;
  private final int jumpStart;
  private final byte[] jumpTable;
  private final int callStart;
  private final long[] calls;

  ReadOnlyAfterInit(ImageLayout layout) {
    this.layout = layout;
    start = place("__start_ro_after_init", layout.verifiedBytes());
    end = place("__end_ro_after_init", layout.verifiedBytes());
    jumpStart = place("__start___jump_table", end);
    jumpTable = sortedJumpTable(place("__stop___jump_table", end));
    callStart = place("__start_static_call_sites", end);
    int callEnd = place("__stop_static_call_sites", end);
    calls = callEntries(layout.golden(), callStart, (callEnd - callStart) / CALL_ENTRY, true);
    Arrays.sort(calls);
  }

  private int place(String name, int otherwise) {
    OptionalLong offset = layout.names().find(name);
    if (offset.isEmpty()) {
      return otherwise;
    }
    int place = layout.placeOf(offset.getAsLong());
    return place < 0 ? otherwise : place;
  }

  /** First place that may be written while booting. */
  int start() {
    return start;
  }

  /** The place after the last. */
  int end() {
    return end;
  }

  /** Start and end of the jump table, then of the static-call sites. */
  int[] tables() {
    return new int[] {
      jumpStart, jumpStart + jumpTable.length, callStart, callStart + calls.length * CALL_ENTRY
    };
  }

  private boolean isInit(long offset) {
    ImageNames names = layout.names();
    OptionalLong from = names.find("__init_begin");
    OptionalLong to = names.find("__init_end");
    return from.isPresent()
        && to.isPresent()
        && offset >= from.getAsLong()
        && offset < to.getAsLong();
  }

  private record JumpEntry(long code, long target, long key, long branch) {}

  private byte[] sortedJumpTable(int stop) {
    byte[] golden = layout.golden();
    int count = (stop - jumpStart) / JUMP_ENTRY;
    JumpEntry[] entries = new JumpEntry[count];
    for (int i = 0; i < count; i++) {
      int at = jumpStart + i * JUMP_ENTRY;
      long here = layout.offsetOf(at);
      long key = Bytes.longAt(golden, at + 8);
      entries[i] =
          new JumpEntry(
              here + Bytes.intAt(golden, at),
              here + 4 + Bytes.intAt(golden, at + 4),
              here + 8 + (key & ~FLAGS),
              key & 1);
    }
    Arrays.sort(
        entries,
        (a, b) -> a.key != b.key ? Long.compare(a.key, b.key) : Long.compare(a.code, b.code));
    byte[] table = new byte[count * JUMP_ENTRY];
    for (int i = 0; i < count; i++) {
      long here = layout.offsetOf(jumpStart) + (long) i * JUMP_ENTRY;
      JumpEntry entry = entries[i];
      Bytes.putInt(table, i * JUMP_ENTRY, (int) (entry.code - here));
      Bytes.putInt(table, i * JUMP_ENTRY + 4, (int) (entry.target - here - 4));
      long flags = entry.branch | (isInit(entry.code) ? INIT : 0);
      Bytes.putLong(table, i * JUMP_ENTRY + 8, entry.key - here - 8 | flags);
    }
    return table;
  }

  /**
   * Entries as key and flags in the upper, site in the lower half: ascending is the set's order.
   */
  private long[] callEntries(byte[] bytes, int from, int count, boolean markInit) {
    long[] entries = new long[count];
    for (int i = 0; i < count; i++) {
      int at = from + i * CALL_ENTRY;
      long here = layout.offsetOf(at);
      long site = here + Bytes.intAt(bytes, at);
      long key = here + 4 + Bytes.intAt(bytes, at + 4);
      if (markInit && isInit(site)) {
        key |= INIT;
      }
      entries[i] = (key << Integer.SIZE) | (site & 0xffffffffL);
    }
    return entries;
  }

  /**
   * Makes {@link Rewriting#expected} what the guest may have: its own word where that is legal.
   *
   * @param isExecutable whether the supervisor may execute at an address
   * @param isTrusted whether a trusted function of another owner begins at an address
   */
  void accept(Rewriting text, LongPredicate isExecutable, LongPredicate isTrusted) {
    byte[] guest = text.guest(start, end);
    byte[] expected = text.expected(start, end);
    System.arraycopy(jumpTable, 0, expected, jumpStart, jumpTable.length);
    acceptCalls(guest, expected);
    for (int at = start; at + Long.BYTES <= end; at += Long.BYTES) {
      acceptWord(text, guest, expected, at, isExecutable, isTrusted);
    }
  }

  private void acceptWord(
      Rewriting text,
      byte[] guest,
      byte[] expected,
      int at,
      LongPredicate isExecutable,
      LongPredicate isTrusted) {
    long found = Bytes.longAt(guest, at);
    if (found == Bytes.longAt(expected, at) || isTable(at)) {
      return;
    }
    long offset = text.offsetOf(found);
    boolean inText = offset >= 0 && offset < layout.textBytes();
    boolean legal =
        inText
            ? layout.names().isEntry(offset)
            : !isExecutable.test(found) || isTrusted.test(found) || isBound(at, found);
    if (legal) {
      Bytes.putLong(expected, at, found);
    }
  }

  private boolean isTable(int at) {
    return (at >= jumpStart && at < jumpStart + jumpTable.length)
        || (at >= callStart && at < callStart + calls.length * CALL_ENTRY);
  }

  /**
   * Whether bytes of the static-call sites, which are judged as one set, change.
   *
   * @param page place of its first byte
   * @param fresh what it holds now
   */
  boolean changesCalls(byte[] guest, int page, PageBytes fresh) {
    int from = Math.max(page, callStart);
    int to = Math.min(page + PageBytes.SIZE, callStart + calls.length * CALL_ENTRY);
    int shift = fresh.backingOffset() - page;
    return from < to
        && !Arrays.equals(guest, from, to, fresh.backingArray(), from + shift, to + shift);
  }

  /** Whether bytes that are written at boot lie in a page. */
  boolean holds(int page) {
    return page + PageBytes.SIZE > start && page < end;
  }

  /**
   * Judges the words of one page again.
   *
   * @param page place of its first byte
   * @param relocated the page as {@link ImageLayout#relocatePage} has it
   * @return whether that could be done for each page by itself
   */
  boolean acceptAgain(
      Rewriting text,
      int page,
      byte[] relocated,
      LongPredicate isExecutable,
      LongPredicate isTrusted) {
    int first = Math.max(start, page);
    int last = Math.min(end, page + PageBytes.SIZE);
    byte[] guest = text.guest();
    byte[] expected = text.expected();
    boolean whole =
        isWord(first) && isWord(page + PageBytes.SIZE) && isWord(jumpStart) && isWord(callStart);
    for (int at = first; whole && at + Long.BYTES <= last; at += Long.BYTES) {
      if (!isTable(at)) {
        Bytes.putLong(expected, at, Bytes.longAt(relocated, at - page + MovedFields.MARGIN));
        acceptWord(text, guest, expected, at, isExecutable, isTrusted);
      }
    }
    return whole;
  }

  /** Whether a word that is judged begins at a place. */
  private boolean isWord(int place) {
    return (place - start) % Long.BYTES == 0;
  }

  private boolean isBound(int place, long found) {
    String name = layout.names().nameOf(layout.offsetOf(place));
    return (found & PAGE_MASK) == 0
        && MEMORY_BOUNDS.stream().anyMatch(v -> name.equals(v) || name.startsWith(v + "+"));
  }

  /** The same set in ascending order of keys; the order of one key's sites is the sort's. */
  private void acceptCalls(byte[] guest, byte[] expected) {
    long[] found = callEntries(guest, callStart, calls.length, false);
    boolean ordered = true;
    for (int i = 1; i < found.length; i++) {
      ordered &= keyOf(found[i - 1]) <= keyOf(found[i]);
    }
    Arrays.sort(found);
    if (ordered && Arrays.equals(found, calls)) {
      System.arraycopy(guest, callStart, expected, callStart, calls.length * CALL_ENTRY);
    }
  }

  private static long keyOf(long entry) {
    return entry >> Integer.SIZE & ~FLAGS;
  }
}
