package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import io.plumbline.introspection.golden.image.ModuleRelocations.Kind;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.VirtualMemory;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Looks for the data of a module whose code does not say where it is, by what a page holds. */
final class PartSearch {
  private static final int PAGE = PageBytes.SIZE;

  /** Pages before the first and behind the last module that are looked at. */
  private static final int MARGIN = 512;

  private static final int MOST_PAGES = 1 << 14;

  /** Bytes, not zero, that no link changes: fewer are no evidence. */
  private static final int FEWEST_STABLE_BYTES = 16;

  private static final int SHARE_THAT_MAY_DIFFER = 8;

  private PartSearch() {}

  /** Addresses of the pages near modules that are mapped and not code. */
  static List<Long> pagesNear(
      List<FoundModule> modules, VirtualMemory memory, ExecutableMemory executable) {
    List<Long> pages = new ArrayList<>();
    if (modules.isEmpty()) {
      return pages;
    }
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (FoundModule module : modules) {
      first = Math.min(first, module.address());
      last = Math.max(last, module.address() + module.text().length);
    }
    long start = first - (long) MARGIN * PAGE;
    long count = Math.min(MOST_PAGES, (last - start) / PAGE + MARGIN);
    for (long i = 0; i < count; i++) {
      long address = start + i * PAGE;
      if (memory.frameAt(address) >= 0 && executable.kernelRangeAt(address).isEmpty()) {
        pages.add(address);
      }
    }
    return pages;
  }

  /** Where the read-only data of {@code module} is that resembles its own most. */
  static OptionalLong readOnly(
      PreparedModule module, ModulePart part, List<Long> pages, VirtualMemory memory) {
    BitSet stable = stable(module, part);
    if (stable.cardinality() < FEWEST_STABLE_BYTES) {
      return OptionalLong.empty();
    }
    OptionalLong best = OptionalLong.empty();
    int fewest = stable.cardinality() / SHARE_THAT_MAY_DIFFER;
    for (long page : pages) {
      int different = differing(part, stable, page, fewest + 1, memory);
      if (different <= fewest) {
        fewest = different;
        best = OptionalLong.of(page);
        if (different == 0) {
          break;
        }
      }
    }
    return best;
  }

  /** Bytes of the part, not zero, that neither linking nor sorting changes. */
  private static BitSet stable(PreparedModule module, ModulePart part) {
    BitSet stable = new BitSet(part.length());
    for (int i = 0; i < part.length(); i++) {
      stable.set(i, part.bytes()[i] != 0 && !module.unsteady().get(part.offset() + i));
    }
    ModuleRelocations relocations = module.image().relocations();
    for (int i = 0; i < relocations.size(); i++) {
      int at = relocations.places()[i] - part.offset();
      if (at >= 0 && at < part.length()) {
        stable.clear(at, at + Kind.of(relocations.kinds()[i]).map(Kind::size).orElse(Long.BYTES));
      }
    }
    return stable;
  }

  private static int differing(
      ModulePart part, BitSet stable, long base, int most, VirtualMemory memory) {
    int different = 0;
    Optional<PageBytes> page = Optional.empty();
    int loaded = -1;
    for (int at = stable.nextSetBit(0); at >= 0; at = stable.nextSetBit(at + 1)) {
      if (at / PAGE != loaded) {
        loaded = at / PAGE;
        page = memory.pageAt(base + (long) loaded * PAGE);
        if (page.isEmpty()) {
          return most;
        }
      }
      if (page.get().byteAt(at & PAGE - 1) != (part.bytes()[at] & 0xff) && ++different >= most) {
        return most;
      }
    }
    return different;
  }

  /** {@code length} bytes from a page on, in whole pages; empty if one cannot be read. */
  static Optional<byte[]> read(long base, int length, VirtualMemory memory) {
    byte[] bytes = new byte[length + PAGE - 1 & -PAGE];
    for (int at = 0; at < bytes.length; at += PAGE) {
      Optional<PageBytes> page = memory.pageAt(base + at);
      if (page.isEmpty()) {
        return Optional.empty();
      }
      page.get().copyTo(0, bytes, at, PAGE);
    }
    return Optional.of(bytes);
  }

  /** Whether the bytes from {@code from} on are zero and some before are not. */
  static boolean isBlankFrom(byte[] bytes, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    for (int i = 0; i < from; i++) {
      if (bytes[i] != 0) {
        return true;
      }
    }
    return false;
  }
}
