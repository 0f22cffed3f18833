package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.ExecutableRange;
import io.plumbline.introspection.paging.VirtualMemory;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Looks for modules in a guest's executable memory by what it holds. */
final class ModuleSearch {
  private static final int PAGE = PageBytes.SIZE;
  private static final int NO_MODULE = -1;

  /** Pages that are looked at, 64 MiB; what lies beyond stays unowned. */
  private static final int MOST_PAGES = 1 << 14;

  /** Pages of modules that are held against the guest, 256 MiB, some for each module at least. */
  private static final int MOST_COMPARED = 1 << 16;

  private static final int LEAST_COMPARED = 16;

  /** A module may be tampered with, yet most of it must be there. */
  private static final int SHARE_THAT_MAY_DIFFER = 8;

  /**
   * Modules lie where the kernel's code can call them by a 32-bit distance; some room is left for
   * the largest.
   */
  private static final long FARTHEST = Integer.MAX_VALUE - (128L << 20);

  private record Candidate(int module, long address) {}

  private final ModuleIndex index;
  private final VirtualMemory memory;
  private final ExecutableMemory executable;
  private final long imageStart;
  private final long imageEnd;
  private final List<FoundModule> found = new ArrayList<>();
  private final Set<Candidate> tried = new HashSet<>();
  private final Map<Integer, Integer> copies = new HashMap<>();
  private long claimedStart;
  private long claimedEnd;
  private int looked;
  private int compared;

  /** Those that only trying finds, once they were needed. */
  private final Map<Integer, PreparedModule> small = new LinkedHashMap<>();

  /**
   * @param imageStart address of the kernel's text, where no module is looked for
   * @param imageEnd the address after it
   */
  ModuleSearch(
      ModuleIndex index,
      VirtualMemory memory,
      ExecutableMemory executable,
      long imageStart,
      long imageEnd) {
    this.index = index;
    this.memory = memory;
    this.executable = executable;
    this.imageStart = imageStart;
    this.imageEnd = imageEnd;
  }

  List<FoundModule> find() {
    for (ExecutableRange range : executable.kernelRanges()) {
      for (long page = 0; page < range.pages() && looked < MOST_PAGES; page++) {
        long address = range.start().value() + page * PAGE;
        boolean image = address - imageStart >= 0 && address - imageEnd < 0;
        boolean claimed = address - claimedStart >= 0 && address - claimedEnd < 0;
        if (image) {
          page += (imageEnd - address) / PAGE - 1;
        } else if (!claimed && isNear(address, imageStart)) {
          looked++;
          look(address);
        }
      }
    }
    return found;
  }

  /** Whether a module of the kernel whose code begins at {@code image} may lie at an address. */
  static boolean isNear(long address, long image) {
    long distance = address - image;
    return distance >= -FARTHEST && distance <= FARTHEST;
  }

  /** Whether no bound ended the search, so that what was not found is no known module. */
  boolean isComplete() {
    return looked < MOST_PAGES && compared < MOST_COMPARED;
  }

  private void look(long address) {
    Optional<PageBytes> page = memory.pageAt(address);
    // No code: what is blank, or filled with traps where programs of BPF may come to lie.
    if (page.isEmpty() || page.get().isUniform()) {
      return;
    }
    byte[] bytes = page.get().backingArray();
    int start = page.get().backingOffset();
    List<Candidate> candidates = new ArrayList<>();
    for (int at = 0; at <= PAGE - CodeWindow.BYTES; at += CodeWindow.STEP) {
      index.forEachAnchor(
          CodeWindow.digest(bytes, start + at, at),
          anchor ->
              candidates.add(
                  new Candidate(
                      index.moduleOf(anchor), address - (long) index.pageOf(anchor) * PAGE)));
    }
    FoundModule best = null;
    double fewest = 1.0 / SHARE_THAT_MAY_DIFFER;
    for (Candidate candidate : candidates) {
      if (isNear(candidate.address, imageStart)
          && compared < MOST_COMPARED
          && tried.add(candidate)) {
        PreparedModule module = index.module(candidate.module);
        compared += Math.max(LEAST_COMPARED, module.pages());
        FoundModule read = read(candidate, module, true);
        double share = share(module, read);
        if (share < fewest) {
          fewest = share;
          best = read;
        }
      }
    }
    if (best == null) {
      best = small(address, page.get());
    }
    if (best != null && isOneMore(best.index())) {
      found.add(best);
      claimedStart = best.address();
      claimedEnd = best.address() + best.text().length;
    }
  }

  /**
   * Whether the guest may have one more of the modules whose code is alike: a kernel loads each of
   * them once at most. Another copy is nobody's, as is all code without an owner.
   */
  private boolean isOneMore(int module) {
    List<Integer> alike = index.alike(module);
    return copies.merge(alike.get(0), 1, Integer::sum) <= alike.size();
  }

  /** Share of the readable stable bytes that differ. */
  private double share(PreparedModule module, FoundModule read) {
    int different = 0;
    int stable = 0;
    for (int page = 0; page < module.pages(); page++) {
      int from = page * PAGE;
      int to = Math.min(from + PAGE, module.textBytes());
      if (!read.unreadable().get(page)) {
        different += module.differing(read.text(), from, to);
        stable += to - from - module.changing().get(from, to).cardinality();
      }
    }
    return stable == 0 ? 1 : (double) different / stable;
  }

  /** Modules so small, or so patched, that no window of them stands still: all stable bytes fit. */
  private FoundModule small(long address, PageBytes page) {
    byte[] content = page.backingArray();
    int start = page.backingOffset();
    int best = NO_MODULE;
    int most = 0;
    for (int each : index.small()) {
      PreparedModule module = small.computeIfAbsent(each, index::module);
      if (module.stableBytes() > most
          && module.isIn(content, start)
          && isMostlyBlank(content, start + module.textBytes(), start + PAGE)) {
        most = module.stableBytes();
        best = each;
      }
    }
    return best == NO_MODULE ? null : read(new Candidate(best, address), index.module(best), false);
  }

  private static boolean isMostlyBlank(byte[] bytes, int from, int to) {
    int filled = 0;
    for (int i = from; i < to; i++) {
      filled += bytes[i] == 0 ? 0 : 1;
    }
    return filled * SHARE_THAT_MAY_DIFFER <= to - from;
  }

  private FoundModule read(Candidate candidate, PreparedModule module, boolean certain) {
    byte[] text = new byte[module.text().length];
    BitSet unreadable = new BitSet();
    for (int page = 0; page < module.pages(); page++) {
      long address = candidate.address + (long) page * PAGE;
      Optional<PageBytes> content =
          executable.kernelRangeAt(address).isPresent() ? memory.pageAt(address) : Optional.empty();
      if (content.isPresent()) {
        content.get().copyTo(0, text, page * PAGE, PAGE);
      } else {
        unreadable.set(page);
      }
    }
    return new FoundModule(candidate.module, candidate.address, text, unreadable, certain);
  }
}
