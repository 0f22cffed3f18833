package io.plumbline.introspection.fuzz;

import static io.plumbline.introspection.fuzz.Canvas.LARGE;
import static io.plumbline.introspection.fuzz.Canvas.NO_EXECUTE;
import static io.plumbline.introspection.fuzz.Canvas.PRESENT;
import static io.plumbline.introspection.fuzz.Canvas.WRITABLE;

import io.plumbline.introspection.memory.PageBytes;
import java.util.List;
import java.util.function.Consumer;

/** What is done to page tables. */
enum HostileTables implements Hostility {
  /** One entry of the top table names the top table, as a kernel may have it on purpose. */
  SELF_MAP(
      guest -> {
        int top = guest.table(guest.template.levels());
        guest.setEntry(
            top, guest.random.nextInt(entries(guest)), guest.entry(top, guest.entryBits()));
      }),

  /** Every entry of a table names the table itself. */
  LOOP(
      guest -> {
        int table = guest.table(guest.level());
        long entry = guest.entry(table, guest.entryBits());
        guest.fillTable(table, i -> entry);
      }),

  /** Every entry of every level names one table of the next: 2^36 pages of one frame. */
  EVERY_ENTRY_ONE_TABLE(
      guest -> {
        long bits = guest.oneIn(4) ? guest.entryBits() : PRESENT | WRITABLE;
        for (int level = guest.template.levels(); level > 1; level--) {
          long entry = guest.entry(guest.table(level - 1), bits);
          keepingHalf(guest, guest.table(level), entry);
        }
        if (guest.oneIn(2)) {
          keepingHalf(guest, guest.table(1), guest.entry(guest.anyFrame(), bits));
        }
      }),

  /** Large pages, executable, over the few frames there are. */
  LARGE_PAGES(
      guest -> {
        int level = guest.template.longMode() ? 2 + guest.random.nextInt(2) : 2;
        long bits = guest.entryBits() | LARGE;
        int first = guest.random.nextInt(entries(guest));
        int last = first + guest.random.nextInt(entries(guest) - first);
        int table = guest.table(level);
        for (int i = first; i <= last && i < guest.entriesOf(level); i++) {
          guest.setEntry(table, i, bits);
        }
      }),

  /** As many pieces as a table can have, no two of them neighbours with the same rights. */
  SCATTERED(
      guest -> {
        int table = guest.table(1);
        long bits = guest.entryBits() & ~NO_EXECUTE;
        guest.fillTable(
            table,
            i ->
                i % 2 == 0 || guest.oneIn(8)
                    ? guest.entry(guest.anyFrame(), i % 3 == 0 ? bits : bits ^ WRITABLE)
                    : guest.entryAt(table, i));
      }),

  /** Every table full of scattered pages is mapped at many places. */
  SCATTERED_EVERYWHERE(
      guest -> {
        SCATTERED.apply(guest);
        int table = guest.table(2);
        long entry = guest.entry(guest.table(1), PRESENT | WRITABLE);
        keepingHalf(guest, table, entry);
      }),

  /** Entries that name tables of any level, frames that do not exist, or nothing. */
  RANDOM_GRAPH(
      guest -> {
        int table = guest.table(guest.level());
        guest.fillTable(
            table, i -> guest.oneIn(3) ? guest.entry(guest.anyFrame() + 1, guest.entryBits()) : 0);
      }),

  /** Random bits in a table: reserved ones, addresses up to 52 bits, page sizes. */
  RANDOM_ENTRIES(
      guest -> {
        int table = guest.table(guest.level());
        for (int i = guest.random.nextInt(64); i >= 0; i--) {
          guest.setEntry(table, guest.random.nextInt(entries(guest)), guest.random.nextLong());
        }
      }),

  /** One bit of one entry in use. */
  FLIPPED_BIT(
      guest -> {
        int table = guest.table(guest.level());
        for (int i = 0; i < entries(guest); i++) {
          long entry = guest.entryAt(table, i);
          if (entry != 0 && guest.oneIn(3)) {
            long bit = 1L << guest.random.nextInt(guest.template.entryBytes() * Byte.SIZE);
            guest.setEntry(table, i, entry ^ bit);
            return;
          }
        }
      }),

  /** Tables or pages that the page source does not have. */
  UNREADABLE(
      guest -> {
        for (int i = guest.random.nextInt(4); i >= 0; i--) {
          guest.memory.forget(guest.oneIn(2) ? guest.table(guest.level()) : guest.anyFrame());
        }
      }),

  /** CR3 names any frame, with any of the bits that do not belong to its address. */
  OTHER_ROOT(
      guest -> {
        long low = guest.random.nextInt(PageBytes.SIZE);
        guest.vcpu().cr3 =
            guest.oneIn(4)
                ? guest.random.nextLong()
                : (long) guest.anyFrame() * PageBytes.SIZE | low;
      }),

  /** The kernel's pages are user pages, or the other way round, at any level. */
  OTHER_OWNER(
      guest -> {
        int table = guest.table(guest.level());
        long flip = guest.pick(List.of(Canvas.USER, WRITABLE, PRESENT, LARGE));
        guest.fillTable(
            table, i -> guest.entryAt(table, i) == 0 ? 0 : guest.entryAt(table, i) ^ flip);
      }),

  /** A guest that has more memory than it has content. */
  MORE_MEMORY(
      guest ->
          guest.memory.beyond(
              guest.random.nextBoolean()
                  ? HostileMemory.Beyond.ZEROS
                  : HostileMemory.Beyond.MIRRORS));

  @SuppressWarnings("ImmutableEnumChecker") // lambdas that capture nothing
  private final Consumer<Canvas> change;

  HostileTables(Consumer<Canvas> change) {
    this.change = change;
  }

  @Override
  public void apply(Canvas guest) {
    change.accept(guest);
  }

  private static int entries(Canvas guest) {
    return PageBytes.SIZE / guest.template.entryBytes();
  }

  /** Writes all entries, or only those that are not in use, so that the guest still works. */
  private static void keepingHalf(Canvas guest, int table, long entry) {
    boolean keeps = guest.random.nextBoolean();
    guest.fillTable(
        table, i -> keeps && guest.entryAt(table, i) != 0 ? guest.entryAt(table, i) : entry);
  }
}
