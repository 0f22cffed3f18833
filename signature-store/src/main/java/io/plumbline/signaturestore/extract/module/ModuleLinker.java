package io.plumbline.signaturestore.extract.module;

import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import io.plumbline.introspection.golden.image.ModuleRelocations.Kind;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.elf.ElfFile;
import io.plumbline.signaturestore.extract.elf.ElfSection;
import io.plumbline.signaturestore.extract.sites.LinkedSection;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Applies a module's relocations as if it were loaded at {@link #BASE}, so that its tables can be
 * read, and keeps those of what will be verified.
 */
final class ModuleLinker {
  /** Where modules begin (kernel {@code Documentation/arch/x86/x86_64/mm.rst}). */
  static final long BASE = 0xffffffffc0000000L;

  /** Bytes of a relocation with addend (System V ABI, "Relocation"). */
  private static final int ENTRY = 24;

  /** R_X86_64_NONE: the build took a relocation back. */
  private static final int NOTHING = 0;

  /** R_X86_64_PLT32: modules have no table of procedures, it is a plain distance. */
  private static final int PLT_32 = 4;

  private final ElfFile elf;
  private final ModuleLayout layout;
  private final ModuleSymbols symbols;
  private final List<long[]> kept = new ArrayList<>();
  private final byte[][] plain;

  ModuleLinker(ElfFile elf, ModuleLayout layout, ModuleSymbols symbols) {
    this.elf = elf;
    this.layout = layout;
    this.symbols = symbols;
    this.plain = new byte[elf.sections().size()][];
  }

  /** The loaded sections with their relocations applied. */
  List<LinkedSection> link() throws ExtractionException {
    byte[][] contents = new byte[elf.sections().size()][];
    for (int i = 0; i < contents.length; i++) {
      ElfSection section = elf.sections().get(i);
      if (layout.place(i) != ModuleLayout.NOT_LOADED && section.inFile()) {
        plain[i] = elf.content(section).copy();
        contents[i] = plain[i].clone();
      }
    }
    for (ElfSection section : elf.sections()) {
      int changed = section.linked() - 1;
      if (section.type() == ElfSection.RELA
          && changed >= 0
          && changed < contents.length
          && contents[changed] != null) {
        apply(elf.content(section), changed, contents[changed]);
      }
    }
    List<LinkedSection> linked = new ArrayList<>();
    for (int i = 0; i < contents.length; i++) {
      if (contents[i] != null) {
        String name = elf.sections().get(i).name();
        ByteRange bytes = ByteRange.of(elf.bytes().name() + ": " + name, contents[i]);
        linked.add(new LinkedSection(name, BASE + layout.place(i), bytes));
      }
    }
    return linked;
  }

  /**
   * The section at an index as it is before its addresses are known; null if it has no bytes in
   * memory. Complete after {@link #link}.
   */
  byte[] plain(int section) {
    return plain[section];
  }

  /** Those of verifiable parts, ascending; complete after {@link #link}. */
  ModuleRelocations relocations() {
    kept.sort((a, b) -> Long.compare(a[0], b[0]));
    ModuleRelocations relocations =
        new ModuleRelocations(
            new int[kept.size()],
            new byte[kept.size()],
            new int[kept.size()],
            new long[kept.size()]);
    for (int i = 0; i < kept.size(); i++) {
      long[] each = kept.get(i);
      relocations.places()[i] = (int) each[0];
      relocations.kinds()[i] = (byte) each[1];
      relocations.targets()[i] = (int) each[2];
      relocations.addends()[i] = each[3];
    }
    return relocations;
  }

  private void apply(ByteRange entries, int section, byte[] content) throws ExtractionException {
    ModuleMemory memory = layout.memory(section);
    for (int i = 0; i < entries.length() / ENTRY; i++) {
      int at = i * ENTRY;
      if (entries.s32(at + 8) == NOTHING) {
        continue;
      }
      long offset = entries.s64(at);
      long addend = entries.s64(at + 16);
      Kind kind = kind(entries, i, entries.s32(at + 8));
      int target = symbols.place(entries.u32(at + 12));
      if (offset < 0 || offset > content.length - kind.size()) {
        throw refuse(entries, i, "a field in its section", "offset " + offset);
      }
      int place = layout.place(section) + (int) offset;
      OptionalLong number = symbols.number(entries.u32(at + 12));
      if (number.isPresent() && !kind.relative()) {
        write(plain[section], (int) offset, kind, number.getAsLong() + addend);
        write(content, (int) offset, kind, number.getAsLong() + addend);
        continue;
      }
      if (target == ModuleSymbols.NO_PLACE) {
        if (memory.verifiable()) {
          throw refuse(entries, i, "a symbol that is loaded or imported", "another");
        }
        continue;
      }
      write(content, (int) offset, kind, kind.value(BASE + target + addend, BASE + place));
      if (memory.verifiable() || layout.isInitialisationCode(section)) {
        kept.add(new long[] {place, kind.type(), target, addend});
      }
    }
  }

  private static Kind kind(ByteRange entries, int entry, int type) throws ExtractionException {
    int wanted = type == PLT_32 ? Kind.RELATIVE_32.type() : type;
    return Kind.of(wanted)
        .orElseThrow(() -> refuse(entries, entry, "type 1, 2, 4, 10, 11 or 24", "" + type));
  }

  private static void write(byte[] content, int at, Kind kind, long value) {
    for (int i = 0; i < kind.size(); i++) {
      content[at + i] = (byte) (value >>> (8 * i));
    }
  }

  private static ExtractionException refuse(
      ByteRange entries, int entry, String expected, String found) {
    return new ExtractionException(entries.name() + ": entry " + entry, expected, found);
  }
}
