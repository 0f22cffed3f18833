package io.plumbline.signaturestore.extract.module;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ModuleImage;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.elf.BuildId;
import io.plumbline.signaturestore.extract.elf.ElfFile;
import io.plumbline.signaturestore.extract.elf.ElfReader;
import io.plumbline.signaturestore.extract.elf.ElfSection;
import io.plumbline.signaturestore.extract.sites.LinkedSection;
import io.plumbline.signaturestore.extract.sites.SiteTables;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Reads a module: a .ko file, plain or compressed. */
public final class ModuleExtraction {
  private ModuleExtraction() {}

  /** Reads a module. */
  public static ModuleImage read(ByteRange file) throws ExtractionException {
    ElfFile elf = ElfReader.read(ModuleFile.decompress(file));
    ModuleNotes notes = ModuleNotes.read(elf);
    ModuleLayout layout = ModuleLayout.of(elf, notes.staticCallsAfterInit());
    ModuleSymbols symbols = ModuleSymbols.read(elf, layout);
    ModuleLinker linker = new ModuleLinker(elf, layout, symbols);
    List<LinkedSection> linked = linker.link();
    List<ImageSection> sections = sections(elf, layout, linker);
    return new ModuleImage(
        notes.name(),
        notes.vermagic(),
        BuildId.of(elf),
        parts(layout, sections),
        sections.stream().filter(each -> isVerifiable(layout, each.offset())).toList(),
        linker.relocations(),
        symbols.imports(),
        ModuleExports.of(linked),
        symbols.named(),
        SiteTables.read(elf, linked, ModuleLinker.BASE, ModuleImage.FIRST_IMPORT, sections));
  }

  /** All loaded sections with bytes, those of the initialisation too: tables point there. */
  private static List<ImageSection> sections(
      ElfFile elf, ModuleLayout layout, ModuleLinker linker) {
    List<ImageSection> sections = new ArrayList<>();
    for (int i = 0; i < elf.sections().size(); i++) {
      ElfSection section = elf.sections().get(i);
      if (linker.plain(i) != null) {
        sections.add(
            new ImageSection(
                section.name(),
                layout.place(i),
                linker.plain(i),
                section.executable(),
                layout.memory(i) == ModuleMemory.DATA));
      }
    }
    sections.sort(Comparator.comparingInt(ImageSection::offset));
    return sections;
  }

  private static List<ModulePart> parts(ModuleLayout layout, List<ImageSection> sections) {
    List<ModulePart> parts = new ArrayList<>();
    for (ModuleMemory memory : ModuleMemory.values()) {
      ModuleLayout.Extent extent = layout.extent(memory);
      if (extent.length() > 0) {
        int known =
            memory.verifiable()
                ? extent.length()
                : memory == ModuleMemory.INIT ? initialisationCode(extent, sections) : 0;
        byte[] bytes = new byte[known];
        ModulePart part = new ModulePart(memory, extent.offset(), extent.length(), bytes);
        for (ImageSection section : sections) {
          if (section.offset() >= part.offset() && section.end() <= part.offset() + known) {
            int at = section.offset() - part.offset();
            System.arraycopy(section.bytes(), 0, bytes, at, section.bytes().length);
          }
        }
        parts.add(part);
      }
    }
    return parts;
  }

  /** Bytes from the part's start that are code; 0 if something else comes first. */
  private static int initialisationCode(ModuleLayout.Extent extent, List<ImageSection> sections) {
    int end = extent.offset();
    for (ImageSection section : sections) {
      boolean within = section.offset() >= extent.offset() && section.bytes().length > 0;
      if (within && section.offset() < extent.offset() + extent.length()) {
        if (!section.executable()) {
          break;
        }
        end = section.end();
      }
    }
    return end - extent.offset();
  }

  private static boolean isVerifiable(ModuleLayout layout, int place) {
    for (ModuleMemory memory : ModuleMemory.values()) {
      ModuleLayout.Extent extent = layout.extent(memory);
      if (place >= extent.offset() && place < extent.offset() + extent.length()) {
        return memory.verifiable();
      }
    }
    return false;
  }
}
