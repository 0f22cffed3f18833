package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.golden.image.ModuleRelocations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One module as bytes and back. Columns stand for themselves, because what lies near in a column
 * resembles; a section's bytes are those of the part that it lies in.
 */
final class ModuleBodies {
  private static final int LONGEST_NAME = 1024;
  private static final int LONGEST_VERMAGIC = 4096;
  private static final int MOST_PARTS = 6;
  private static final int MOST_SECTIONS = 1 << 16;
  private static final int MOST_PART_BYTES = 64 << 20;
  private static final int MOST_RELOCATIONS = 4_000_000;
  private static final int MOST_NAMES = 1_000_000;
  private static final int EXECUTABLE = 1;
  private static final int WRITABLE = 2;

  private ModuleBodies() {}

  static byte[] write(ModuleImage module) {
    ByteSink to = new ByteSink();
    to.text(module.name());
    to.text(module.vermagic());
    to.text(module.buildId());
    to.unsigned(module.parts().size());
    for (ModulePart part : module.parts()) {
      to.u8(Codes.of(part.memory()));
      to.unsigned(part.offset());
      to.unsigned(part.length());
      to.raw(part.bytes());
    }
    sections(to, module.sections());
    relocations(to, module.relocations());
    to.unsigned(module.imports().size());
    module.imports().forEach(to::text);
    Map<String, Integer> exports = new TreeMap<>(module.exports());
    to.unsigned(exports.size());
    exports.forEach(
        (name, place) -> {
          to.text(name);
          to.signed(place);
        });
    symbols(to, module.symbols());
    to.raw(SiteSections.write(module.sites()));
    return to.toByteArray();
  }

  static ModuleImage read(ByteSource from) throws SignatureException {
    String name = from.text("name of a module", LONGEST_NAME);
    String vermagic = from.text("vermagic", LONGEST_VERMAGIC);
    String buildId = from.text("build id", LONGEST_NAME);
    List<ModulePart> parts = parts(from);
    List<ImageSection> sections = sections(from, parts);
    ModuleRelocations relocations = relocations(from);
    List<String> imports = new ArrayList<>();
    int importCount = from.count("imports", MOST_NAMES, 1);
    for (int i = 0; i < importCount; i++) {
      imports.add(from.text("name of an import", LONGEST_NAME));
    }
    Map<String, Integer> exports = new TreeMap<>();
    int exportCount = from.count("exports", MOST_NAMES, 2);
    for (int i = 0; i < exportCount; i++) {
      String exported = from.text("name of an export", LONGEST_NAME);
      exports.put(exported, from.signed("place of an export"));
    }
    ImageSymbols symbols = symbols(from);
    return new ModuleImage(
        name,
        vermagic,
        buildId,
        parts,
        sections,
        relocations,
        imports,
        exports,
        symbols,
        SiteSections.read(from));
  }

  private static List<ModulePart> parts(ByteSource from) throws SignatureException {
    int count = from.unsigned("number of parts", MOST_PARTS);
    List<ModulePart> parts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ModuleMemory memory = Codes.memory(from);
      int offset = from.unsigned("place of a part", Integer.MAX_VALUE - MOST_PART_BYTES);
      int length = from.unsigned("length of a part", MOST_PART_BYTES);
      byte[] bytes = memory.verifiable() ? from.raw("content of a part", length) : new byte[0];
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

  /** Addends as steps from the last one of the same target: tables name places in order. */
  private static void relocations(ByteSink to, ModuleRelocations relocations) {
    to.steps(relocations.places());
    to.raw(relocations.kinds());
    for (int target : relocations.targets()) {
      int imported = ModuleImage.importAt(target);
      boolean start = imported >= 0 && ModuleImage.importOffset(target) == 0;
      // Imports by number, negative; what lies in the middle of one is not met and stays as it is.
      to.signed(start ? -1 - imported : target);
    }
    Map<Integer, Long> last = new HashMap<>();
    for (int i = 0; i < relocations.size(); i++) {
      long addend = relocations.addends()[i];
      to.signedLong(addend - last.getOrDefault(relocations.targets()[i], 0L));
      last.put(relocations.targets()[i], addend);
    }
  }

  private static ModuleRelocations relocations(ByteSource from) throws SignatureException {
    int[] places = from.steps("places of relocations", MOST_RELOCATIONS);
    byte[] kinds = from.raw("kinds of relocations", places.length);
    int[] targets = new int[places.length];
    for (int i = 0; i < targets.length; i++) {
      int target = from.signed("target of a relocation");
      boolean numbered = target < 0 && target >= -MOST_NAMES;
      targets[i] =
          numbered ? ModuleImage.FIRST_IMPORT + (-1 - target) * ModuleImage.IMPORT_BYTES : target;
    }
    long[] addends = new long[places.length];
    Map<Integer, Long> last = new HashMap<>();
    for (int i = 0; i < addends.length; i++) {
      long step = from.signedLong("addend of a relocation");
      addends[i] = last.getOrDefault(targets[i], 0L) + step;
      last.put(targets[i], addends[i]);
    }
    return new ModuleRelocations(places, kinds, targets, addends);
  }

  private static void symbols(ByteSink to, ImageSymbols symbols) {
    to.unsigned(symbols.size());
    long previous = 0;
    for (long offset : symbols.offsets()) {
      to.signedLong(offset - previous);
      previous = offset;
    }
    to.raw(symbols.types());
    symbols.names().forEach(to::text);
  }

  private static ImageSymbols symbols(ByteSource from) throws SignatureException {
    long[] offsets = new long[from.count("symbols", MOST_NAMES, 3)];
    long previous = 0;
    for (int i = 0; i < offsets.length; i++) {
      previous += from.signedLong("place of a symbol");
      offsets[i] = previous;
    }
    byte[] types = from.raw("types of symbols", offsets.length);
    List<String> names = new ArrayList<>(offsets.length);
    for (int i = 0; i < offsets.length; i++) {
      names.add(from.text("name of a symbol", LONGEST_NAME));
    }
    return new ImageSymbols(offsets, types, names);
  }
}
