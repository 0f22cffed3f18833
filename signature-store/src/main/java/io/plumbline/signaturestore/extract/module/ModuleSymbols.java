package io.plumbline.signaturestore.extract.module;

import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.elf.ElfFile;
import io.plumbline.signaturestore.extract.elf.ElfSection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** A module's symbol table: where each symbol lies, or which import it is. */
final class ModuleSymbols {
  /** Bytes of a symbol (System V ABI, "Symbol Table"). */
  private static final int ENTRY = 24;

  private static final int UNDEFINED = 0;
  private static final int FIRST_RESERVED_SECTION = 0xff00;
  private static final int TYPE_SECTION = 3;
  private static final int TYPE_FILE = 4;
  private static final int LONGEST_NAME = 1024;
  private static final int MOST_IMPORTS = 100_000;

  /** The value of the symbol is a number and no address. */
  private static final int ABSOLUTE = 0xfff1;

  /** Names the padding before each function again (CONFIG_CALL_PADDING), a third of all names. */
  private static final String PADDING = "__pfx_";

  /** A symbol that has no address: not loaded, a number, or common. */
  static final int NO_PLACE = Integer.MIN_VALUE;

  private final int[] places;
  private final Map<Integer, Long> numbers;
  private final List<String> imports = new ArrayList<>();
  private final ImageSymbols named;

  private ModuleSymbols(
      int[] places, Map<Integer, Long> numbers, List<String> imports, ImageSymbols named) {
    this.places = places;
    this.numbers = numbers;
    this.imports.addAll(imports);
    this.named = named;
  }

  static ModuleSymbols read(ElfFile elf, ModuleLayout layout) throws ExtractionException {
    ElfSection table = only(elf);
    ByteRange entries = elf.content(table);
    int namesIndex = table.link() - 1;
    if (namesIndex < 0 || namesIndex >= elf.sections().size()) {
      throw new ExtractionException(
          entries.name(), "a section of names", Integer.toString(table.link()));
    }
    ByteRange names = elf.content(elf.sections().get(namesIndex));
    int count = entries.length() / ENTRY;
    int[] places = new int[count];
    List<String> imports = new ArrayList<>();
    List<Defined> defined = new ArrayList<>();
    Map<Integer, Long> numbers = new HashMap<>();
    for (int i = 1; i < count; i++) {
      int at = i * ENTRY;
      int info = entries.u8(at + 4);
      int section = entries.u16(at + 6);
      String name = names.text((int) Math.min(entries.u32(at), Integer.MAX_VALUE), LONGEST_NAME);
      if (section == UNDEFINED) {
        places[i] = ModuleImage.FIRST_IMPORT + ModuleImage.IMPORT_BYTES * imports.size();
        imports.add(name);
        continue;
      }
      if (section == ABSOLUTE) {
        numbers.put(i, entries.s64(at + 8));
      }
      places[i] = place(entries, at, section, layout, elf);
      int type = info & 0xf;
      boolean named = type != TYPE_SECTION && type != TYPE_FILE && !name.isEmpty();
      if (places[i] != NO_PLACE && named && !name.startsWith(PADDING)) {
        defined.add(new Defined(places[i], letter(elf, section, info), name));
      }
    }
    if (imports.size() > MOST_IMPORTS) {
      throw new ExtractionException(
          entries.name(), "at most " + MOST_IMPORTS + " imports", Integer.toString(imports.size()));
    }
    return new ModuleSymbols(places, numbers, imports, sorted(defined));
  }

  private record Defined(int place, byte type, String name) {}

  private static ElfSection only(ElfFile elf) throws ExtractionException {
    for (ElfSection section : elf.sections()) {
      if (section.type() == ElfSection.SYMTAB) {
        return section;
      }
    }
    throw new ExtractionException(elf.bytes().name(), "a symbol table", "none");
  }

  private static int place(ByteRange entries, int at, int section, ModuleLayout layout, ElfFile elf)
      throws ExtractionException {
    if (section >= FIRST_RESERVED_SECTION) {
      return NO_PLACE;
    }
    if (section > elf.sections().size()) {
      throw new ExtractionException(
          entries.name(), "at most " + elf.sections().size() + " sections", "" + section);
    }
    int start = layout.place(section - 1);
    long value = entries.s64(at + 8);
    if (start == ModuleLayout.NOT_LOADED) {
      return NO_PLACE;
    }
    if (value < 0 || value > elf.sections().get(section - 1).size()) {
      throw new ExtractionException(
          entries.name() + ": entry " + at / ENTRY, "a place in its section", "" + value);
    }
    return (int) (start + value);
  }

  /** As nm(1) prints it; lower case for local symbols. */
  private static byte letter(ElfFile elf, int section, int info) {
    ElfSection in = elf.sections().get(section - 1);
    char letter = in.executable() ? 'T' : !in.inFile() ? 'B' : in.writable() ? 'D' : 'R';
    return (byte) (info >>> 4 == 0 ? Character.toLowerCase(letter) : letter);
  }

  private static ImageSymbols sorted(List<Defined> defined) {
    defined.sort(Comparator.comparingInt(Defined::place));
    byte[] types = new byte[defined.size()];
    for (int i = 0; i < types.length; i++) {
      types[i] = defined.get(i).type();
    }
    return new ImageSymbols(
        defined.stream().mapToLong(Defined::place).toArray(),
        types,
        defined.stream().map(Defined::name).toList());
  }

  /** Place of the symbol at an index of the file; {@link #NO_PLACE} if it has none. */
  int place(long symbol) {
    return symbol >= 0 && symbol < places.length ? places[(int) symbol] : NO_PLACE;
  }

  /** Value of the symbol at an index of the file if that is a number. */
  OptionalLong number(long symbol) {
    Long number = numbers.get((int) symbol);
    return number == null ? OptionalLong.empty() : OptionalLong.of(number);
  }

  List<String> imports() {
    return List.copyOf(imports);
  }

  ImageSymbols named() {
    return named;
  }
}
