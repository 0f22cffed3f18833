package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.Rights;
import io.plumbline.introspection.paging.Translation;
import io.plumbline.introspection.paging.VirtualMemory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * Data that says who put traps and jumps into a kernel's code. A kernel that lets its owner do so
 * keeps a table in its own data, whose chains lead to objects that hold the address of the changed
 * place (kernel {@code kernel/kprobes.c}, kprobe_table). Who judges the code asks that table. All
 * of the kernel's data is searched, and only the pages of the table and of its objects are taken.
 *
 * <p>What a bound leaves out is missing for the judge, who then says so.
 */
final class HookTables {
  /**
   * Words that are taken for an address of an object: eight times what a large kernel's data has.
   */
  private static final int MOST_LOOKS = 1 << 20;

  /** Objects that are taken. */
  private static final int MOST_OBJECTS = 1 << 10;

  /** Bytes of an object, at the beginning and before an address inside of it. */
  private static final int OBJECT_BYTES = 256;

  private static final int BEFORE_LINK = 16;

  /** Words of an object among which the changed place is. */
  private static final int PLACE_WORDS = 8;

  /** Words of an object that may link it to others. */
  private static final int LINK_WORDS = 4;

  /** Bytes around an entry that may be the same table's. */
  private static final int TABLE_BYTES = 512;

  /** INT3, CALL and JMP with a 32-bit distance (Intel SDM volume 2A, 2.1 and 3.2). */
  private static final Set<Byte> CHANGES = Set.of((byte) 0xcc, (byte) 0xe8, (byte) 0xe9);

  private final GuestKernel kernel;
  private final OwnWindow window;
  private final int mostPages;
  private int searched;
  private int looks;
  private final VirtualMemory unseen;
  private final PageSource taken;
  private final Set<Long> known = new HashSet<>();
  private final Set<Long> tables = new HashSet<>();
  private final Deque<Long> waiting = new ArrayDeque<>();

  private HookTables(
      GuestKernel kernel, OwnWindow window, PageSource all, PageSource taken, int mostPages) {
    this.kernel = kernel;
    this.window = window;
    this.mostPages = mostPages;
    this.unseen = new VirtualMemory(AddressSpace.asMade(kernel.vcpu(), all));
    this.taken = taken;
  }

  /**
   * Reads them.
   *
   * @param all of the guest, to search
   * @param taken is told what is asked for; {@code kernel} reads through it
   * @param mostPages of the kernel's data that are searched
   */
  static void read(GuestKernel kernel, PageSource all, PageSource taken, int mostPages) {
    OwnWindow.of(kernel)
        .ifPresent(window -> new HookTables(kernel, window, all, taken, mostPages).search());
  }

  private void search() {
    window.mappedFrom(
        window.code().start(),
        OwnWindow.steps(mostPages),
        kernel.space(),
        (at, page) -> {
          if (page.rights().equals(Rights.KERNEL_DATA)) {
            searchPage(at);
            searched++;
          }
          return searched < mostPages && looks < MOST_LOOKS;
        });
  }

  private void searchPage(long address) {
    Optional<PageBytes> page = unseen.pageAt(address);
    if (page.isEmpty() || page.get().isZero()) {
      return;
    }
    for (int at = 0; at < PageBytes.SIZE; at += Long.BYTES) {
      if (namesChange(page.get().longAt(at))) {
        takeTable(address + at);
      }
    }
  }

  private boolean namesChange(long object) {
    return names(
        object, (region, place) -> CHANGES.contains(region.bytes()[region.offsetOf(place)]));
  }

  /** Whether there may be an object whose first words hold an address in code. */
  private boolean names(long object, BiPredicate<CodeRegion, Long> isWanted) {
    if (!mayBeObject(object)) {
      return false;
    }
    for (int word = 0; word < PLACE_WORDS; word++) {
      long place = word(object + (long) word * Long.BYTES);
      Optional<CodeRegion> region = kernel.code().regionAt(place);
      if (region.isPresent() && isWanted.test(region.get(), place)) {
        return true;
      }
    }
    return false;
  }

  /** Objects lie in the upper half, and not in the kernel's own data. */
  private boolean mayBeObject(long address) {
    boolean own = address - window.start() >= 0 && address - window.start() < OwnWindow.SIZE;
    return address < 0
        && (address & Long.BYTES - 1) == 0
        && !own
        && looks++ < MOST_LOOKS
        && unseen.frameAt(address) >= 0;
  }

  /** The word at a linear address, 0 if it cannot be read. */
  private long word(long address) {
    return unseen
        .pageAt(address & -PageBytes.SIZE)
        .map(page -> page.longAt((int) address & PageBytes.SIZE - 1))
        .orElse(0L);
  }

  /** Takes the part of a table that an entry lies in, and the parts around it, each once. */
  private void takeTable(long entry) {
    for (long part = -1; part <= 1; part++) {
      long start = (entry & -TABLE_BYTES) + part * TABLE_BYTES;
      if (tables.add(start)) {
        take(start, TABLE_BYTES);
        for (int at = 0; at < TABLE_BYTES; at += Long.BYTES) {
          follow(word(start + at));
        }
      }
    }
    while (!waiting.isEmpty()) {
      long object = waiting.remove();
      take(object - BEFORE_LINK, OBJECT_BYTES);
      for (int word = 0; word < LINK_WORDS; word++) {
        follow(word(object + (long) word * Long.BYTES));
      }
    }
  }

  private void follow(long object) {
    if (known.size() < MOST_OBJECTS
        && names(object, (region, place) -> true)
        && known.add(object)) {
      waiting.add(object);
    }
  }

  private void take(long from, int length) {
    for (long page = from & -PageBytes.SIZE; page < from + length; page += PageBytes.SIZE) {
      if (kernel.space().translate(new GuestVirtualAddress(page))
              instanceof Translation.Mapped mapped
          && !mapped.rights().user()) {
        taken.read(mapped.frame());
      }
    }
  }
}
