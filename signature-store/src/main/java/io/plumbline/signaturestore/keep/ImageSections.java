package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.golden.image.ImageRelocations;
import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.KernelImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The sections of a signature that was extracted from a package. */
final class ImageSections {
  private static final int LONGEST_BANNER = 4096;
  private static final int LONGEST_BUILD_ID = 256;
  private static final int MOST_SECTIONS = 1024;
  private static final int LONGEST_NAME = 1024;
  private static final int MOST_SECTION_BYTES = 64 << 20;
  private static final int MOST_RELOCATIONS = 4_000_000;
  private static final int MOST_SYMBOLS = 2_000_000;
  private static final int EXECUTABLE = 1;
  private static final int WRITABLE = 2;

  private ImageSections() {}

  static void write(KernelImage image, Map<SectionType, byte[]> sections) {
    ByteSink about = new ByteSink();
    about.text(image.banner());
    about.text(image.buildId());
    sections.put(SectionType.IMAGE, about.toByteArray());
    sections.put(SectionType.CONTENT, content(image.sections()));
    sections.put(SectionType.RELOCATIONS, relocations(image.relocations()));
    sections.put(SectionType.NAMES, names(image.symbols()));
    sections.put(SectionType.SITES, SiteSections.write(image.sites()));
  }

  static KernelImage read(SectionFile sections, BuildName name, CodeMode mode, long base)
      throws SignatureException {
    ByteSource about = sections.required(SectionType.IMAGE);
    String banner = about.text("banner", LONGEST_BANNER);
    String buildId = about.text("build id", LONGEST_BUILD_ID);
    about.end();
    return new KernelImage(
        name,
        banner,
        buildId,
        mode,
        base,
        content(sections.required(SectionType.CONTENT)),
        relocations(sections.required(SectionType.RELOCATIONS)),
        names(sections.required(SectionType.NAMES)),
        SiteSections.read(sections.required(SectionType.SITES)));
  }

  private static byte[] content(List<ImageSection> sections) {
    ByteSink to = new ByteSink();
    to.unsigned(sections.size());
    for (ImageSection section : sections) {
      to.text(section.name());
      to.signed(section.offset());
      to.u8((section.executable() ? EXECUTABLE : 0) | (section.writable() ? WRITABLE : 0));
      to.unsigned(section.bytes().length);
      to.raw(section.bytes());
    }
    return to.toByteArray();
  }

  private static List<ImageSection> content(ByteSource from) throws SignatureException {
    int count = from.count("sections", MOST_SECTIONS, 4);
    List<ImageSection> sections = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      String name = from.text("name of a section", LONGEST_NAME);
      int at = from.position();
      int offset = from.signed("offset of a section");
      int rights = from.u8("rights of a section");
      if (rights > (EXECUTABLE | WRITABLE)) {
        throw from.refuse(at, "rights of section " + name, "0 to 3", rights);
      }
      int length = from.unsigned("length of a section", MOST_SECTION_BYTES);
      ImageSection section =
          new ImageSection(
              name,
              offset,
              from.raw("content of section " + name, length),
              (rights & EXECUTABLE) != 0,
              (rights & WRITABLE) != 0);
      if (i > 0 && offset < sections.get(i - 1).end()) {
        throw from.refuse(at, "offset of section " + name, "after the one before it", offset);
      }
      sections.add(section);
    }
    from.end();
    return sections;
  }

  private static byte[] relocations(ImageRelocations relocations) {
    ByteSink to = new ByteSink();
    to.steps(relocations.absolute32());
    to.steps(relocations.inverse32());
    to.steps(relocations.absolute64());
    return to.toByteArray();
  }

  private static ImageRelocations relocations(ByteSource from) throws SignatureException {
    ImageRelocations relocations =
        new ImageRelocations(
            from.steps("32-bit relocations", MOST_RELOCATIONS),
            from.steps("inverse relocations", MOST_RELOCATIONS),
            from.steps("64-bit relocations", MOST_RELOCATIONS));
    from.end();
    return relocations;
  }

  private static byte[] names(ImageSymbols symbols) {
    ByteSink to = new ByteSink();
    to.unsigned(symbols.size());
    for (int i = 0; i < symbols.size(); i++) {
      to.int64(symbols.offsets()[i]);
    }
    to.raw(symbols.types());
    symbols.names().forEach(to::text);
    return to.toByteArray();
  }

  private static ImageSymbols names(ByteSource from) throws SignatureException {
    long[] offsets = new long[from.count("symbols", MOST_SYMBOLS, Long.BYTES + 2)];
    for (int i = 0; i < offsets.length; i++) {
      int at = from.position();
      offsets[i] = from.int64("offset of a symbol");
      if (i > 0 && offsets[i] < offsets[i - 1]) {
        throw from.refuse(
            at, "offset of a symbol", "not below " + offsets[i - 1], Long.toString(offsets[i]));
      }
    }
    byte[] types = from.raw("types of symbols", offsets.length);
    List<String> names = new ArrayList<>(offsets.length);
    for (int i = 0; i < offsets.length; i++) {
      names.add(from.text("name of a symbol", LONGEST_NAME));
    }
    from.end();
    return new ImageSymbols(offsets, types, names);
  }
}
