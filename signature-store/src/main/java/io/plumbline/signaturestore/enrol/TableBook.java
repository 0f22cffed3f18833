package io.plumbline.signaturestore.enrol;

import io.plumbline.introspection.golden.PointerTable;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.reach.TableContent;
import io.plumbline.introspection.reach.TableUse;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The read-only pointer tables of a build while they are being learnt. An entry that leads outside
 * the kernel's code, or elsewhere in another known-good guest, is kept as unchecked; a table that
 * known-good guests may write is left out.
 */
final class TableBook {
  private final Map<Integer, int[]> targets = new TreeMap<>();

  void learn(
      GuestKernel kernel,
      Exploration exploration,
      PageSource pages,
      ExplorationBudget budget,
      long base,
      int textBytes) {
    for (TableUse use : exploration.tables()) {
      long offset = use.table().value() - base;
      TableContent content =
          TableContent.whileExecutable(
              use.table(),
              kernel.space(),
              pages,
              kernel.code(),
              kernel.mode(),
              budget.tableEntries());
      if (offset == (int) offset && content.targets().length > 0 && !content.writable()) {
        targets.merge((int) offset, relative(content.targets(), base, textBytes), TableBook::merge);
      }
    }
  }

  List<PointerTable> finish() {
    return targets.entrySet().stream()
        .map(table -> new PointerTable(table.getKey(), table.getValue()))
        .toList();
  }

  private static int[] relative(long[] addresses, long base, int textBytes) {
    return Arrays.stream(addresses)
        .mapToInt(
            address -> {
              long offset = address - base;
              return offset >= 0 && offset < textBytes ? (int) offset : PointerTable.UNCHECKED;
            })
        .toArray();
  }

  private static int[] merge(int[] known, int[] seen) {
    int[] merged = Arrays.copyOf(known, Math.min(known.length, seen.length));
    for (int i = 0; i < merged.length; i++) {
      merged[i] = known[i] == seen[i] ? known[i] : PointerTable.UNCHECKED;
    }
    return merged;
  }
}
