package io.plumbline.signaturestore.extract.module;

import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.elf.ElfFile;
import io.plumbline.signaturestore.extract.elf.ElfSection;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where the loader puts the sections of a module (kernel {@code kernel/module/main.c}, {@code
 * layout_sections}): each goes, in the file's order and at its alignment, to the first kind of
 * memory that its flags allow; each kind begins a page.
 */
final class ModuleLayout {
  /** Place of a section that is not loaded. */
  static final int NOT_LOADED = -1;

  private static final int PAGE = 4096;
  private static final long LARGEST = 512 << 20;

  /** Loses its flag ALLOC before the layout: only the loader reads it. */
  private static final Set<String> READ_BY_THE_LOADER =
      Set.of(".modinfo", "__versions", "__version_ext_crcs", "__version_ext_names");

  private static final String PER_CPU = ".data..percpu";
  private static final Set<String> AFTER_INIT = Set.of(".data..ro_after_init", "__jump_table");
  private static final String STATIC_CALLS = ".static_call_sites";
  private static final String INIT = ".init";

  /** What one kind of memory takes. */
  record Extent(int offset, int length) {}

  private final int[] places;
  private final ModuleMemory[] memories;
  private final BitSet initialisationCode = new BitSet();
  private final Map<ModuleMemory, Extent> extents = new EnumMap<>(ModuleMemory.class);

  private ModuleLayout(int sections) {
    places = new int[sections];
    Arrays.fill(places, NOT_LOADED);
    memories = new ModuleMemory[sections];
  }

  /**
   * Lays out a module.
   *
   * @param staticCallsAfterInit whether static-call sites are read-only after init (since 6.15)
   */
  static ModuleLayout of(ElfFile elf, boolean staticCallsAfterInit) throws ExtractionException {
    List<ElfSection> sections = elf.sections();
    ModuleLayout layout = new ModuleLayout(sections.size());
    long next = 0;
    for (ModuleMemory memory : ModuleMemory.values()) {
      long start = (next + PAGE - 1) & -PAGE;
      next = start;
      for (int i = 0; i < sections.size(); i++) {
        ElfSection section = sections.get(i);
        if (memory == memory(section, staticCallsAfterInit)) {
          long alignment = Math.max(1, section.alignment());
          if (Long.bitCount(alignment) != 1 || alignment > LARGEST || section.size() > LARGEST) {
            throw new ExtractionException(
                elf.bytes().name() + ": " + section.name(),
                "a size and an alignment of a loaded section",
                section.size() + " and " + alignment);
          }
          long place = (next + alignment - 1) & -alignment;
          layout.places[i] = (int) place;
          layout.memories[i] = memory;
          layout.initialisationCode.set(i, memory == ModuleMemory.INIT && section.executable());
          next = place + section.size();
        }
        if (next > LARGEST) {
          throw new ExtractionException(
              elf.bytes().name(), "at most " + LARGEST + " loaded bytes", Long.toString(next));
        }
      }
      layout.extents.put(memory, new Extent((int) start, (int) (next - start)));
    }
    return layout;
  }

  private static ModuleMemory memory(ElfSection section, boolean staticCallsAfterInit) {
    String name = section.name();
    if (!section.loaded() || READ_BY_THE_LOADER.contains(name)) {
      return null;
    }
    if (name.equals(PER_CPU)) {
      return ModuleMemory.PER_CPU;
    }
    if (name.startsWith(INIT)) {
      return ModuleMemory.INIT;
    }
    if (section.executable()) {
      return ModuleMemory.TEXT;
    }
    if (AFTER_INIT.contains(name) || (staticCallsAfterInit && name.equals(STATIC_CALLS))) {
      return ModuleMemory.READ_ONLY_AFTER_INIT;
    }
    return section.writable() ? ModuleMemory.DATA : ModuleMemory.READ_ONLY;
  }

  /** Place of the section at an index of the file; {@link #NOT_LOADED} if it has none. */
  int place(int section) {
    return places[section];
  }

  /** What the section is loaded as; null if it is not. */
  ModuleMemory memory(int section) {
    return memories[section];
  }

  /** Whether the section is code that is freed once the module is initialised. */
  boolean isInitialisationCode(int section) {
    return initialisationCode.get(section);
  }

  Extent extent(ModuleMemory memory) {
    return extents.get(memory);
  }
}
