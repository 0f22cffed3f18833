package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Sites that a module's relocations tell: each entry of a table of sites is a field that refers to
 * one, and the table is read-only data, so that its fields are kept anyway.
 */
final class TableSites {
  /** No tables: every list stands for itself. */
  static final TableSites NONE = new TableSites(Map.of());

  private static final int LISTED = 0;
  private static final int AS_IN_TABLE = 1;
  private static final int SORTED = 2;

  /** Tables that are lists of places. */
  enum Table {
    SMP_LOCKS(".smp_locks"),
    RETPOLINES(".retpoline_sites"),
    RETURNS(".return_sites"),
    CALLS(".call_sites"),
    SEALS(".ibt_endbr_seal"),
    TRACES("__mcount_loc");

    private final String section;

    Table(String section) {
      this.section = section;
    }

    /** The table that a section of that name is. */
    static Optional<Table> of(String section) {
      return Arrays.stream(values()).filter(table -> table.section.equals(section)).findFirst();
    }
  }

  private final Map<Table, int[]> told;

  private TableSites(Map<Table, int[]> told) {
    this.told = told;
  }

  static TableSites of(List<ImageSection> sections, ModuleRelocations relocations) {
    Map<Table, int[]> told = new EnumMap<>(Table.class);
    for (Table table : Table.values()) {
      sections.stream()
          .filter(section -> section.name().equals(table.section))
          .findFirst()
          .ifPresent(section -> told.put(table, fields(section, relocations)));
    }
    return new TableSites(told);
  }

  private static int[] fields(ImageSection section, ModuleRelocations relocations) {
    int from = firstAtOrAfter(relocations.places(), section.offset());
    int to = firstAtOrAfter(relocations.places(), section.end());
    int[] sites = new int[Math.max(0, to - from)];
    for (int i = 0; i < sites.length; i++) {
      sites[i] = (int) (relocations.targets()[from + i] + relocations.addends()[from + i]);
    }
    return sites;
  }

  private static int firstAtOrAfter(int[] places, int place) {
    int at = Arrays.binarySearch(places, place);
    if (at < 0) {
      return -at - 1;
    }
    while (at > 0 && places[at - 1] == place) {
      at--;
    }
    return at;
  }

  private static int[] sorted(int[] sites) {
    int[] sorted = sites.clone();
    Arrays.sort(sorted);
    return sorted;
  }

  /** Writes {@code sites}, or how the table tells them. */
  void write(ByteSink to, Table table, int[] sites) {
    int[] fields = told.get(table);
    if (this == NONE) {
      to.steps(sites);
    } else if (fields != null && Arrays.equals(fields, sites)) {
      to.u8(AS_IN_TABLE);
    } else if (fields != null && Arrays.equals(sorted(fields), sites)) {
      to.u8(SORTED);
    } else {
      to.u8(LISTED);
      to.steps(sites);
    }
  }

  /** The inverse of {@link #write}. */
  int[] read(ByteSource from, Table table, String what, int most) throws SignatureException {
    if (this == NONE) {
      return from.steps(what, most);
    }
    int at = from.position();
    int how = from.u8("form of " + what);
    int[] fields = told.get(table);
    if (how == LISTED) {
      return from.steps(what, most);
    }
    if (fields == null || how > SORTED) {
      throw from.refuse(at, "form of " + what, "one that this module has", how);
    }
    return how == SORTED ? sorted(fields) : fields;
  }
}
