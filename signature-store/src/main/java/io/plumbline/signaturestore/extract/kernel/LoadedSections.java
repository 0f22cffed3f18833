package io.plumbline.signaturestore.extract.kernel;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.elf.ElfFile;
import io.plumbline.signaturestore.extract.elf.ElfSection;
import io.plumbline.signaturestore.extract.elf.ElfSegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Which sections of a kernel become part of its image, and with which bytes.
 *
 * <p>Kept is what a verification compares or reads: code (that of the boot too, because tables
 * point there), read-only data up to {@code __end_rodata}, and data (templates, tables of
 * operations, the real-mode code). Left out are what nobody executes or compares: the tables of
 * patch sites, which {@code PatchSites} holds, unwind tables, the per-CPU area, scratch and zeros.
 *
 * <p>A section's bytes go on to the next section or the end of its page: what the linker put
 * between is loaded too, and a page is to be known whole.
 */
final class LoadedSections {
  private static final String READ_ONLY_END = "__end_rodata";
  private static final int PAGE = 4096;

  private static final Set<String> LEFT_OUT =
      Set.of(
          ".altinstructions",
          ".smp_locks",
          ".parainstructions",
          ".retpoline_sites",
          ".return_sites",
          ".call_sites",
          ".ibt_endbr_seal",
          ".orc_header",
          ".orc_unwind_ip",
          ".orc_unwind",
          ".data..percpu",
          ".init.scratch");

  private static final String RUNTIME_CONSTANTS = "runtime_";

  private LoadedSections() {}

  /** Linear address of the first byte that a kernel may write after boot. */
  static long readOnlyEnd(ElfFile elf, ImageSymbols symbols) throws ExtractionException {
    OptionalLong end = symbols.offsetOf(READ_ONLY_END);
    if (end.isEmpty()) {
      throw new ExtractionException(elf.bytes().name(), "a symbol " + READ_ONLY_END, "none");
    }
    return end.getAsLong();
  }

  /**
   * The sections, ascending.
   *
   * @param base linear address of offset 0
   * @param readOnlyEnd offset of the first byte that may change after boot
   */
  static List<ImageSection> read(ElfFile elf, long base, long readOnlyEnd)
      throws ExtractionException {
    List<ElfSection> loaded =
        elf.sections().stream()
            .filter(each -> each.loaded() && each.size() > 0)
            .filter(each -> Long.compareUnsigned(each.address(), base) >= 0)
            .sorted(Comparator.comparing(ElfSection::address, Long::compareUnsigned))
            .toList();
    List<ImageSection> sections = new ArrayList<>();
    for (int i = 0; i < loaded.size(); i++) {
      ElfSection section = loaded.get(i);
      long next = i + 1 < loaded.size() ? loaded.get(i + 1).address() : Long.MAX_VALUE;
      if (section.address() + section.size() > next) {
        throw new ExtractionException(
            elf.bytes().name() + ": " + section.name(),
            "sections that do not overlap",
            loaded.get(i + 1).name() + " in it");
      }
      if (section.inFile() && isKept(section.name())) {
        sections.add(section(elf, section, next, base, readOnlyEnd));
      }
    }
    return sections;
  }

  private static boolean isKept(String name) {
    return !LEFT_OUT.contains(name) && !name.startsWith(RUNTIME_CONSTANTS);
  }

  private static ImageSection section(
      ElfFile elf, ElfSection section, long next, long base, long readOnlyEnd)
      throws ExtractionException {
    long offset = section.address() - base;
    long pageEnd = (section.address() + section.size() + PAGE - 1) & -PAGE;
    long end = Math.min(Math.min(next, pageEnd), segmentEnd(elf, section));
    if (offset > Integer.MAX_VALUE || end - base > Integer.MAX_VALUE) {
      throw new ExtractionException(
          elf.bytes().name() + ": " + section.name(),
          "at most 2 GiB from " + String.format("0x%016x", base),
          String.format("0x%016x", section.address()));
    }
    boolean writable = section.writable() && offset >= readOnlyEnd;
    return new ImageSection(
        section.name(),
        (int) offset,
        withRemains(
            elf,
            elf.loaded(section.name(), section.address(), end - section.address()).copy(),
            (int) offset,
            offset < readOnlyEnd ? (int) (Math.min(next, pageEnd) - section.address()) : 0),
        // Data of 7.3 is flagged executable in the file, and never is in memory.
        section.executable() && !section.writable(),
        writable);
  }

  /**
   * The rest of a last page that no segment covers. The kernel's decompressor writes the file to
   * where the image will lie and then moves the segments down ({@code
   * arch/x86/boot/compressed/misc.c}, parse_elf): what is left keeps the file's bytes, at the same
   * distance from the file's start as from the image's.
   */
  private static byte[] withRemains(ElfFile elf, byte[] loaded, int offset, int length)
      throws ExtractionException {
    if (length <= loaded.length || (long) offset + length > elf.bytes().length()) {
      return loaded;
    }
    byte[] whole = Arrays.copyOf(loaded, length);
    byte[] remains =
        elf.bytes().slice("remains", (long) offset + loaded.length, length - loaded.length).copy();
    System.arraycopy(remains, 0, whole, loaded.length, remains.length);
    return whole;
  }

  private static long segmentEnd(ElfFile elf, ElfSection section) throws ExtractionException {
    for (ElfSegment segment : elf.segments()) {
      long end = segment.address() + segment.fileSize();
      if (section.address() >= segment.address() && section.address() + section.size() <= end) {
        return end;
      }
    }
    throw new ExtractionException(
        elf.bytes().name() + ": " + section.name(), "a segment that loads it", "none");
  }

  /** How many bytes from the base on something is loaded. */
  static long imageBytes(ElfFile elf, long base) {
    long end = 0;
    for (ElfSegment segment : elf.segments()) {
      if (Long.compareUnsigned(segment.address(), base) >= 0) {
        end = Math.max(end, segment.address() + segment.fileSize() - base);
      }
    }
    return end;
  }
}
