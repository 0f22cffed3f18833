package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import io.plumbline.introspection.golden.image.ModuleRelocations.Kind;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.verify.patch.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What the linked fields of a module in a guest say of places that are not known otherwise. Each
 * field has one vote: a changed one is outvoted, and then found by comparison.
 */
final class GuestFields {
  private static final int PAGE = PageBytes.SIZE;

  private final PreparedModule module;
  private final Map<ModuleMemory, Long> bases;
  private final Map<ModuleMemory, byte[]> contents;

  /**
   * @param bases addresses of the parts that are known by now
   * @param contents what the guest holds of those that stay
   */
  GuestFields(
      PreparedModule module, Map<ModuleMemory, Long> bases, Map<ModuleMemory, byte[]> contents) {
    this.module = module;
    this.bases = bases;
    this.contents = contents;
  }

  private ModuleImage image() {
    return module.image();
  }

  /** What most fields that refer to {@code part} say its address is. */
  OptionalLong baseOf(ModulePart part) {
    Map<Long, Integer> votes = new HashMap<>();
    ModuleRelocations relocations = image().relocations();
    for (int i = 0; i < relocations.size(); i++) {
      if (part.holds(relocations.targets()[i]) && isSteady(relocations.places()[i])) {
        long inPart = (long) relocations.targets()[i] - part.offset();
        target(i).ifPresent(target -> vote(votes, part, target - inPart, 1));
      }
    }
    if (votes.isEmpty()) {
      SortedTable.of(image()).forEach(table -> voteOf(table, part, votes));
    }
    return most(votes);
  }

  private static void vote(Map<Long, Integer> votes, ModulePart part, long base, int weight) {
    if (part.memory() == ModuleMemory.PER_CPU || (base & PAGE - 1) == 0) {
      votes.merge(base, weight, Integer::sum);
    }
  }

  private static OptionalLong most(Map<Long, Integer> votes) {
    return votes.entrySet().stream()
        .max(
            Map.Entry.<Long, Integer>comparingByValue()
                .thenComparing(Map.Entry.<Long, Integer>comparingByKey()))
        .map(vote -> OptionalLong.of(vote.getKey()))
        .orElse(OptionalLong.empty());
  }

  /**
   * In a sorted table nobody knows which entry is which, but the lowest of those that lead out of
   * all known parts is the lowest that refers to {@code part}, if there are as many.
   */
  private void voteOf(ImageSection table, ModulePart part, Map<Long, Integer> votes) {
    ModuleRelocations relocations = image().relocations();
    int entry = SortedTable.entryBytes(table);
    Map<Integer, List<Integer>> columns = new TreeMap<>();
    int at = Arrays.binarySearch(relocations.places(), table.offset());
    for (int i = at < 0 ? -at - 1 : at; i < relocations.size(); i++) {
      if (!table.holds(relocations.places()[i])) {
        break;
      }
      int column = (relocations.places()[i] - table.offset()) % entry;
      columns.computeIfAbsent(column, c -> new ArrayList<>()).add(i);
    }
    for (List<Integer> column : columns.values()) {
      long lowestPlace = Long.MAX_VALUE;
      long lowestAddress = -1L;
      int places = 0;
      int addresses = 0;
      for (int i : column) {
        if (part.holds(relocations.targets()[i])) {
          lowestPlace = Math.min(lowestPlace, relocations.targets()[i] + relocations.addends()[i]);
          places++;
        }
        OptionalLong address = value(i);
        if (address.isPresent() && !isKnown(address.getAsLong())) {
          addresses++;
          if (Long.compareUnsigned(address.getAsLong(), lowestAddress) < 0) {
            lowestAddress = address.getAsLong();
          }
        }
      }
      if (places > 0 && places == addresses) {
        vote(votes, part, lowestAddress - (lowestPlace - part.offset()), places);
      }
    }
  }

  private boolean isKnown(long address) {
    for (ModulePart part : image().parts()) {
      Long base = bases.get(part.memory());
      if (base != null && address - base >= 0 && address - base <= part.length()) {
        return true;
      }
    }
    return false;
  }

  /** Fills in the imports that are empty. */
  void complete(OptionalLong[] imports) {
    Map<Integer, Map<Long, Integer>> votes = new HashMap<>();
    ModuleRelocations relocations = image().relocations();
    for (int i = 0; i < relocations.size(); i++) {
      int imported = ModuleImage.importAt(relocations.targets()[i]);
      if (imported >= 0 && imports[imported].isEmpty() && isSteady(relocations.places()[i])) {
        target(i)
            .ifPresent(
                address ->
                    votes
                        .computeIfAbsent(imported, key -> new HashMap<>())
                        .merge(address, 1, Integer::sum));
      }
    }
    votes.forEach((imported, of) -> imports[imported] = most(of));
  }

  /** Whether the field at {@code place} is neither patched nor in a table that is sorted. */
  private boolean isSteady(int place) {
    return !module.unsteady().get(place);
  }

  /** Where the guest's field of a relocation refers to, its addend taken off. */
  private OptionalLong target(int relocation) {
    OptionalLong value = value(relocation);
    return value.isEmpty()
        ? value
        : OptionalLong.of(value.getAsLong() - image().relocations().addends()[relocation]);
  }

  /** Where the guest's field at the place of a relocation refers to. */
  private OptionalLong value(int relocation) {
    ModuleRelocations all = image().relocations();
    int place = all.places()[relocation];
    Optional<ModulePart> in = image().parts().stream().filter(p -> p.holds(place)).findFirst();
    byte[] bytes = in.map(part -> contents.get(part.memory())).orElse(null);
    Optional<Kind> kind = Kind.of(all.kinds()[relocation]);
    if (bytes == null || kind.isEmpty()) {
      return OptionalLong.empty();
    }
    int at = place - in.get().offset();
    long field = bases.get(in.get().memory()) + at;
    return OptionalLong.of(
        switch (kind.get()) {
          case ABSOLUTE_64 -> Bytes.longAt(bytes, at);
          case ABSOLUTE_32 -> Bytes.intAt(bytes, at) & 0xffffffffL;
          case ABSOLUTE_32_SIGNED -> Bytes.intAt(bytes, at);
          case RELATIVE_32 -> field + Bytes.intAt(bytes, at);
          case RELATIVE_64 -> field + Bytes.longAt(bytes, at);
        });
  }
}
