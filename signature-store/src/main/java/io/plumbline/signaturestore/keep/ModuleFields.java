package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import io.plumbline.signaturestore.keep.TableSites.Table;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The relocations of a module, some seven million in a package, as columns and back; most of them
 * are told by the module's code, which is written before them.
 */
final class ModuleFields {
  private static final int MOST_RELOCATIONS = 4_000_000;

  /** Targets from here to -1 are imports by number. */
  private static final int MOST_IMPORTS = 1_000_000;

  private final byte[] code;
  private final List<ImageSection> sections;
  private final List<String> imports;
  private final ImageSymbols symbols;

  ModuleFields(
      List<ModulePart> parts,
      List<ImageSection> sections,
      List<String> imports,
      ImageSymbols symbols) {
    this.code =
        parts.stream()
            .filter(part -> part.memory() == ModuleMemory.TEXT && part.offset() == 0)
            .findFirst()
            .map(ModulePart::bytes)
            .orElse(new byte[0]);
    this.sections = sections;
    this.imports = imports;
    this.symbols = symbols;
  }

  static void write(
      ModuleImage module, ByteSink places, ByteSink kinds, ByteSink targets, ByteSink addends) {
    ModuleRelocations fields = module.relocations();
    ModuleFields told =
        new ModuleFields(module.parts(), module.sections(), module.imports(), module.symbols());
    FieldPlaces.write(places, told.code, fields.places());
    kinds.raw(fields.kinds());
    for (int target : fields.targets()) {
      int imported = ModuleImage.importAt(target);
      boolean start = imported >= 0 && ModuleImage.importOffset(target) == 0;
      // Imports by number, negative; what lies in the middle of one is not met and stays as it is.
      targets.signed(start ? -1 - imported : target);
    }
    Addends column = told.new Addends(fields.places(), fields.targets());
    for (int i = 0; i < fields.size(); i++) {
      column.write(addends, i, fields.addends()[i]);
    }
  }

  ModuleRelocations read(
      ByteSource fromPlaces, ByteSource fromKinds, ByteSource fromTargets, ByteSource fromAddends)
      throws SignatureException {
    int[] places = FieldPlaces.read(fromPlaces, code, MOST_RELOCATIONS);
    byte[] kinds = fromKinds.raw("kinds of relocations", places.length);
    int[] targets = new int[places.length];
    for (int i = 0; i < targets.length; i++) {
      int target = fromTargets.signed("target of a relocation");
      boolean numbered = target < 0 && target >= -MOST_IMPORTS;
      targets[i] =
          numbered ? ModuleImage.FIRST_IMPORT + (-1 - target) * ModuleImage.IMPORT_BYTES : target;
    }
    Addends column = new Addends(places, targets);
    long[] addends = new long[places.length];
    for (int i = 0; i < addends.length; i++) {
      addends[i] = column.read(fromAddends, i);
    }
    return new ModuleRelocations(places, kinds, targets, addends);
  }

  /**
   * Addends in the order of their places: in tables of sites by what the code suggests, elsewhere
   * as the step from the last one of the same target, because tables name places in order.
   */
  private final class Addends {
    private final int[] places;
    private final int[] targets;
    private final Map<Integer, Long> last = new HashMap<>();
    private Optional<ImageSection> section = Optional.empty();
    private Optional<SiteGuesses> guesses = Optional.empty();

    Addends(int[] places, int[] targets) {
      this.places = places;
      this.targets = targets;
    }

    /** What suggests the site that a field refers to; empty if it is in no table of sites. */
    private Optional<SiteGuesses> guessesOf(int field) {
      int place = places[field];
      if (section.isEmpty() || !section.get().holds(place)) {
        section = sections.stream().filter(each -> each.holds(place)).findFirst();
        guesses =
            section
                .flatMap(each -> Table.of(each.name()))
                .map(table -> SiteGuesses.of(table, code, places, targets, imports, symbols));
      }
      return targets[field] < 0 ? Optional.empty() : guesses;
    }

    void write(ByteSink to, int field, long addend) {
      Optional<SiteGuesses> suggested = guessesOf(field);
      long site = targets[field] + addend;
      if (suggested.isPresent()) {
        suggested.get().write(to, site);
        return;
      }
      to.signedLong(addend - last.getOrDefault(targets[field], 0L));
      last.put(targets[field], addend);
    }

    long read(ByteSource from, int field) throws SignatureException {
      Optional<SiteGuesses> suggested = guessesOf(field);
      if (suggested.isPresent()) {
        return suggested.get().read(from) - targets[field];
      }
      long addend =
          last.getOrDefault(targets[field], 0L) + from.signedLong("addend of a relocation");
      last.put(targets[field], addend);
      return addend;
    }
  }
}
