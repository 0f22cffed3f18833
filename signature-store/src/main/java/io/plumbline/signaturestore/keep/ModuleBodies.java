package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import io.plumbline.introspection.golden.image.PatchSites;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One module as columns of bytes and back. What is alike stands together: in a block the code of
 * all its modules, then all their data, and so on, so that compression sees more of each kind. A
 * section's bytes are those of the part that it lies in.
 */
final class ModuleBodies {
  /** How many columns there are. */
  static final int COLUMNS = 10;

  private static final int HEADER = 0;
  private static final int CODE = 1;
  private static final int DATA = 2;
  private static final int PLACES = 3;
  private static final int KINDS = 4;
  private static final int TARGETS = 5;
  private static final int ADDENDS = 6;
  private static final int NAMES = 7;
  private static final int SYMBOLS = 8;
  private static final int SITES = 9;
  private static final int LONGEST_NAME = 1024;
  private static final int LONGEST_VERMAGIC = 4096;
  private static final int MOST_PARTS = 6;
  private static final int MOST_SECTIONS = 1 << 16;
  private static final int MOST_PART_BYTES = 64 << 20;
  private static final int MOST_NAMES = 1_000_000;
  private static final int EXECUTABLE = 1;
  private static final int WRITABLE = 2;

  private ModuleBodies() {}

  static byte[][] write(ModuleImage module) {
    ByteSink[] to = new ByteSink[COLUMNS];
    Arrays.setAll(to, column -> new ByteSink());
    to[HEADER].text(module.name());
    to[HEADER].text(module.vermagic());
    to[HEADER].text(module.buildId());
    to[HEADER].unsigned(module.parts().size());
    for (ModulePart part : module.parts()) {
      to[HEADER].u8(Codes.of(part.memory()));
      to[HEADER].unsigned(part.offset());
      to[HEADER].unsigned(part.length());
      to[HEADER].unsigned(part.bytes().length);
      to[isCode(part.memory()) ? CODE : DATA].raw(part.bytes());
    }
    sections(to[HEADER], module.sections());
    to[HEADER].unsigned(module.imports().size());
    module.imports().forEach(to[NAMES]::text);
    Map<String, Integer> exports = new TreeMap<>(module.exports());
    to[HEADER].unsigned(exports.size());
    exports.forEach(
        (name, place) -> {
          to[NAMES].text(name);
          to[HEADER].signed(place);
        });
    symbols(to, module.symbols());
    ModuleFields.write(module, to[PLACES], to[KINDS], to[TARGETS], to[ADDENDS]);
    to[SITES].raw(
        SiteSections.write(module.sites(), TableSites.of(module.sections(), module.relocations())));
    return Arrays.stream(to).map(ByteSink::toByteArray).toArray(byte[][]::new);
  }

  private static boolean isCode(ModuleMemory memory) {
    return memory == ModuleMemory.TEXT || memory == ModuleMemory.INIT;
  }

  /**
   * The module in {@code from}.
   *
   * @param from a source for each column, read to its end
   */
  static ModuleImage read(ByteSource[] from) throws SignatureException {
    ByteSource header = from[HEADER];
    String name = header.text("name of a module", LONGEST_NAME);
    String vermagic = header.text("vermagic", LONGEST_VERMAGIC);
    String buildId = header.text("build id", LONGEST_NAME);
    List<ModulePart> parts = parts(from);
    List<ImageSection> sections = sections(header, parts);
    List<String> imports = new ArrayList<>();
    int importCount = header.unsigned("number of imports", MOST_NAMES);
    for (int i = 0; i < importCount; i++) {
      imports.add(from[NAMES].text("name of an import", LONGEST_NAME));
    }
    Map<String, Integer> exports = new TreeMap<>();
    int exportCount = header.count("exports", MOST_NAMES, 1);
    for (int i = 0; i < exportCount; i++) {
      String exported = from[NAMES].text("name of an export", LONGEST_NAME);
      exports.put(exported, header.signed("place of an export"));
    }
    ImageSymbols symbols = symbols(from);
    ModuleRelocations relocations =
        new ModuleFields(parts, sections, imports, symbols)
            .read(from[PLACES], from[KINDS], from[TARGETS], from[ADDENDS]);
    PatchSites sites = SiteSections.read(from[SITES], TableSites.of(sections, relocations));
    for (ByteSource column : from) {
      column.end();
    }
    return new ModuleImage(
        name, vermagic, buildId, parts, sections, relocations, imports, exports, symbols, sites);
  }

  private static List<ModulePart> parts(ByteSource[] from) throws SignatureException {
    ByteSource header = from[HEADER];
    int count = header.unsigned("number of parts", MOST_PARTS);
    List<ModulePart> parts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ModuleMemory memory = Codes.memory(header);
      int offset = header.unsigned("place of a part", Integer.MAX_VALUE - MOST_PART_BYTES);
      int length = header.unsigned("length of a part", MOST_PART_BYTES);
      int known = header.unsigned("known bytes of a part", length);
      byte[] bytes = from[isCode(memory) ? CODE : DATA].raw("content of a part", known);
      parts.add(new ModulePart(memory, offset, length, bytes));
    }
    return parts;
  }

  private static void sections(ByteSink to, List<ImageSection> sections) {
    to.unsigned(sections.size());
    for (ImageSection section : sections) {
      to.text(section.name());
      to.unsigned(section.offset());
      to.u8((section.executable() ? EXECUTABLE : 0) | (section.writable() ? WRITABLE : 0));
      to.unsigned(section.bytes().length);
    }
  }

  private static List<ImageSection> sections(ByteSource from, List<ModulePart> parts)
      throws SignatureException {
    int count = from.count("sections", MOST_SECTIONS, 4);
    List<ImageSection> sections = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      String name = from.text("name of a section", LONGEST_NAME);
      int at = from.position();
      int offset = from.unsigned("place of a section", Integer.MAX_VALUE - MOST_PART_BYTES);
      int rights = from.u8("rights of a section");
      int length = from.unsigned("length of a section", MOST_PART_BYTES);
      Optional<ModulePart> part =
          parts.stream()
              .filter(each -> offset >= each.offset())
              .filter(each -> offset + length <= each.offset() + each.bytes().length)
              .findFirst();
      if (part.isEmpty()) {
        throw from.refuse(at, "section " + name, "a place in a part with bytes", offset);
      }
      int start = offset - part.get().offset();
      sections.add(
          new ImageSection(
              name,
              offset,
              Arrays.copyOfRange(part.get().bytes(), start, start + length),
              (rights & EXECUTABLE) != 0,
              (rights & WRITABLE) != 0));
    }
    return sections;
  }

  private static void symbols(ByteSink[] to, ImageSymbols symbols) {
    to[SYMBOLS].unsigned(symbols.size());
    long previous = 0;
    for (long offset : symbols.offsets()) {
      to[SYMBOLS].signedLong(offset - previous);
      previous = offset;
    }
    to[SYMBOLS].raw(symbols.types());
    symbols.names().forEach(to[NAMES]::text);
  }

  private static ImageSymbols symbols(ByteSource[] from) throws SignatureException {
    long[] offsets = new long[from[SYMBOLS].count("symbols", MOST_NAMES, 2)];
    long previous = 0;
    for (int i = 0; i < offsets.length; i++) {
      previous += from[SYMBOLS].signedLong("place of a symbol");
      offsets[i] = previous;
    }
    byte[] types = from[SYMBOLS].raw("types of symbols", offsets.length);
    List<String> names = new ArrayList<>(offsets.length);
    for (int i = 0; i < offsets.length; i++) {
      names.add(from[NAMES].text("name of a symbol", LONGEST_NAME));
    }
    return new ImageSymbols(offsets, types, names);
  }
}
