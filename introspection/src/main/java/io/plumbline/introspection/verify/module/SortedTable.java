package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import io.plumbline.introspection.golden.image.ModuleRelocations.Kind;
import io.plumbline.introspection.verify.patch.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Tables that the kernel sorts where they lie, when it loads a module: the guest must hold the same
 * entries, in any order. Fields that are distances count from themselves, so an entry is compared
 * by what its fields refer to.
 */
final class SortedTable {
  private static final int JUMP_BYTES = 16;
  private static final String UNWIND = ".orc_unwind";
  private static final String UNWIND_PLACES = ".orc_unwind_ip";
  private static final String JUMPS = "__jump_table";
  private static final String STATIC_CALLS = ".static_call_sites";

  /**
   * Bytes of an entry ({@code kernel/jump_label.c}, {@code kernel/static_call_inline.c}, {@code
   * lib/extable.c}, {@code kernel/trace/ftrace.c}, {@code arch/x86/kernel/unwind_orc.c}).
   */
  private static final Map<String, Integer> ENTRY_BYTES =
      Map.of(
          "__ex_table",
          12,
          JUMPS,
          JUMP_BYTES,
          STATIC_CALLS,
          8,
          "__mcount_loc",
          8,
          UNWIND_PLACES,
          4,
          UNWIND,
          6);

  /** Bit 1 of an entry's last field: its code is freed after initialisation. */
  private static final int IN_INIT = 2;

  private final PlacedModule placed;
  private final ModulePart part;
  private final byte[] expected;
  private final byte[] guest;

  private SortedTable(PlacedModule placed, ModulePart part, byte[] expected, byte[] guest) {
    this.placed = placed;
    this.part = part;
    this.expected = expected;
    this.guest = guest;
  }

  /** The tables of a module that are sorted. */
  static Stream<ImageSection> of(ModuleImage image) {
    return image.sections().stream().filter(each -> ENTRY_BYTES.containsKey(each.name()));
  }

  /** Bytes of an entry of a table that {@link #of} gives. */
  static int entryBytes(ImageSection table) {
    return ENTRY_BYTES.get(table.name());
  }

  /**
   * Whether a part with at least one sorted table holds the entries that it must.
   *
   * @param guest what the guest holds where the part is taken to be
   */
  static boolean hasSameEntries(PlacedModule placed, ModulePart part, byte[] guest) {
    byte[] expected = placed.linked(part);
    accept(placed, part, expected, guest);
    List<ImageSection> tables =
        of(placed.image()).filter(table -> part.holds(table.offset())).toList();
    return !tables.isEmpty()
        && tables.stream()
            .allMatch(
                table -> {
                  int from = table.offset() - part.offset();
                  int to = table.end() - part.offset();
                  return Arrays.equals(expected, from, to, guest, from, to);
                });
  }

  /**
   * Puts the tables of a part in the order that the guest has them in, those of which it has the
   * same entries.
   *
   * @param expected the part linked for the guest; changed here
   * @param guest what the guest holds of it
   */
  static void accept(PlacedModule placed, ModulePart part, byte[] expected, byte[] guest) {
    SortedTable tables = new SortedTable(placed, part, expected, guest);
    Optional<ImageSection> unwind = Optional.empty();
    Optional<ImageSection> unwindPlaces = Optional.empty();
    for (ImageSection section : placed.image().sections()) {
      Integer entry = ENTRY_BYTES.get(section.name());
      if (entry == null || !part.holds(section.offset())) {
        continue;
      }
      if (section.name().equals(UNWIND)) {
        unwind = Optional.of(section);
      } else if (section.name().equals(UNWIND_PLACES)) {
        unwindPlaces = Optional.of(section);
      } else {
        tables.acceptOne(section, entry);
      }
    }
    if (unwind.isPresent() && unwindPlaces.isPresent()) {
      tables.acceptUnwind(unwind.get(), unwindPlaces.get());
    }
  }

  private void acceptOne(ImageSection section, int entry) {
    int count = section.bytes().length / entry;
    int from = section.offset() - part.offset();
    load(section, entry, count);
    boolean[] relative = relativeFields(section, entry);
    if (Arrays.equals(
        entries(expected, from, entry, count, relative, new byte[0][]),
        entries(guest, from, entry, count, relative, new byte[0][]))) {
      System.arraycopy(guest, from, expected, from, entry * count);
    }
  }

  private void acceptUnwind(ImageSection unwind, ImageSection places) {
    int count = places.bytes().length / ENTRY_BYTES.get(UNWIND_PLACES);
    int entry = count == 0 ? 0 : unwind.bytes().length / count;
    if (count == 0 || entry * count != unwind.bytes().length) {
      return;
    }
    int from = places.offset() - part.offset();
    int other = unwind.offset() - part.offset();
    boolean[] relative = {true};
    if (Arrays.equals(
        entries(
            expected, from, Integer.BYTES, count, relative, rows(expected, other, entry, count)),
        entries(guest, from, Integer.BYTES, count, relative, rows(guest, other, entry, count)))) {
      System.arraycopy(guest, from, expected, from, Integer.BYTES * count);
      System.arraycopy(guest, other, expected, other, entry * count);
    }
  }

  private static byte[][] rows(byte[] bytes, int from, int entry, int count) {
    byte[][] rows = new byte[count][];
    for (int i = 0; i < count; i++) {
      rows[i] = Arrays.copyOfRange(bytes, from + i * entry, from + (i + 1) * entry);
    }
    return rows;
  }

  /** The entries as text that can be compared, ascending. */
  private String[] entries(
      byte[] bytes, int from, int entry, int count, boolean[] relative, byte[][] with) {
    String[] entries = new String[count];
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < count; i++) {
      line.setLength(0);
      int field = 0;
      while (field < entry / Integer.BYTES) {
        int at = from + i * entry + field * Integer.BYTES;
        // Only a jump label's key is a distance of 64 bits.
        boolean wide = entry == JUMP_BYTES && field == JUMP_BYTES / Integer.BYTES / 2;
        long value = wide ? Bytes.longAt(bytes, at) : Bytes.intAt(bytes, at);
        line.append(relative[field] ? value + at : value).append(',');
        field += wide ? 2 : 1;
      }
      if (with.length > 0) {
        line.append(Arrays.toString(with[i]));
      }
      entries[i] = line.toString();
    }
    Arrays.sort(entries);
    return entries;
  }

  /** Which fields of an entry are distances, by their 32-bit word. */
  private boolean[] relativeFields(ImageSection section, int entry) {
    boolean[] relative = new boolean[Math.max(1, entry / Integer.BYTES)];
    ModuleRelocations relocations = placed.image().relocations();
    List<Integer> fields = new ArrayList<>();
    int at = Arrays.binarySearch(relocations.places(), section.offset());
    for (int i = at < 0 ? -at - 1 : at; i < relocations.size(); i++) {
      int inTable = relocations.places()[i] - section.offset();
      if (inTable >= entry) {
        break;
      }
      if (Kind.of(relocations.kinds()[i]).map(Kind::relative).orElse(false)) {
        fields.add(inTable / Integer.BYTES);
      }
    }
    fields.forEach(field -> relative[field] = true);
    return relative;
  }

  /**
   * What the loader changes in an entry besides its place: code that is freed is marked
   * (jump_entry_set_init, static_call_set_init), and a static call's key is put in for its
   * trampoline (static_call_add_module).
   */
  private void load(ImageSection section, int entry, int count) {
    boolean calls = section.name().equals(STATIC_CALLS);
    if (!calls && !section.name().equals(JUMPS)) {
      return;
    }
    int keyField = calls ? Integer.BYTES : Long.BYTES;
    ModuleRelocations relocations = placed.image().relocations();
    for (int i = 0; i < count; i++) {
      int place = section.offset() + i * entry;
      int key = Arrays.binarySearch(relocations.places(), place + keyField);
      if (calls && key >= 0) {
        OptionalLong address = placed.keyAddress(relocations.targets()[key]);
        OptionalLong field = placed.addressOf(place + keyField);
        if (address.isPresent() && field.isPresent()) {
          long distance = address.getAsLong() + relocations.addends()[key] - field.getAsLong();
          Bytes.putInt(expected, place + keyField - part.offset(), (int) distance);
        }
      }
      if (!calls) {
        // In a file the bit says how the compiler left the instruction (arch_static_branch).
        expected[place + keyField - part.offset()] &= ~IN_INIT;
      }
      if (isFreed(relocations, place)) {
        expected[place + keyField - part.offset()] |= IN_INIT;
      }
    }
  }

  private boolean isFreed(ModuleRelocations relocations, int place) {
    Optional<ModulePart> init = placed.image().part(ModuleMemory.INIT);
    int at = Arrays.binarySearch(relocations.places(), place);
    if (at < 0 || init.isEmpty()) {
      return false;
    }
    long code = relocations.targets()[at] + relocations.addends()[at];
    return code >= init.get().offset() && code < init.get().offset() + init.get().length();
  }
}
