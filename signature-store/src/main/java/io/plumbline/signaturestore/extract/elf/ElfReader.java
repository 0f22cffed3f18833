package io.plumbline.signaturestore.extract.elf;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.util.ArrayList;
import java.util.List;

/** Reads the tables of an ELF file (System V ABI, chapters 4 and 5; x86-64 psABI). */
public final class ElfReader {
  private static final byte[] MAGIC = {0x7f, 'E', 'L', 'F'};
  private static final int CLASS = 4;
  private static final int CLASS_64 = 2;
  private static final int ENCODING = 5;
  private static final int LITTLE_ENDIAN = 1;
  private static final int MACHINE = 18;
  private static final int X86_64 = 62;

  private static final int SEGMENT_BYTES = 56;
  private static final int LOAD = 1;
  private static final int SECTION_BYTES = 64;
  private static final int MOST_SECTIONS = 4096;
  private static final int LONGEST_NAME = 256;

  private final ByteRange file;
  private final int segmentCount;
  private final int sectionCount;
  private final long segmentTable;
  private final long sectionTable;

  private ElfReader(ByteRange file) throws ExtractionException {
    this.file = file;
    require("ELF class (1 is 32-bit, 2 is 64-bit)", CLASS_64, file.u8(CLASS));
    require("byte order (1 is little-endian)", LITTLE_ENDIAN, file.u8(ENCODING));
    require("machine (62 is x86-64)", X86_64, file.u16(MACHINE));
    segmentTable = file.s64(32);
    sectionTable = file.s64(40);
    segmentCount = file.u16(56);
    sectionCount = file.u16(60);
    if (sectionCount == 0 || sectionCount > MOST_SECTIONS) {
      throw new ExtractionException(
          file.name() + ": sections", "1 to " + MOST_SECTIONS, Integer.toString(sectionCount));
    }
    if (segmentCount > 0) {
      require("size of a program header", SEGMENT_BYTES, file.u16(54));
    }
    require("size of a section header", SECTION_BYTES, file.u16(58));
  }

  /** Whether the file begins as ELF does. */
  public static boolean recognises(ByteRange file) {
    return file.has(0, MAGIC);
  }

  /** Reads an ELF file, to which something may be appended. */
  public static ElfFile read(ByteRange file) throws ExtractionException {
    if (!recognises(file)) {
      throw new ExtractionException(file.name(), "an ELF file", "other first bytes");
    }
    return new ElfReader(file).read();
  }

  private ElfFile read() throws ExtractionException {
    ByteRange rows = file.slice("section table", sectionTable, (long) sectionCount * SECTION_BYTES);
    int namesRow = file.u16(62);
    if (namesRow >= sectionCount) {
      throw new ExtractionException(
          file.name() + ": section of names", "below " + sectionCount, Integer.toString(namesRow));
    }
    ByteRange names =
        file.slice(
            "section names",
            rows.s64(namesRow * SECTION_BYTES + 24),
            rows.s64(namesRow * SECTION_BYTES + 32));
    List<ElfSection> sections = new ArrayList<>(sectionCount);
    for (int i = 1; i < sectionCount; i++) {
      sections.add(section(rows, i * SECTION_BYTES, names));
    }
    List<ElfSegment> segments = segments();
    return new ElfFile(file, sections, segments, end(sections, segments));
  }

  private ElfSection section(ByteRange rows, int at, ByteRange names) throws ExtractionException {
    long nameAt = rows.u32(at);
    String name = names.text((int) Math.min(nameAt, Integer.MAX_VALUE), LONGEST_NAME);
    ElfSection section =
        new ElfSection(
            name,
            rows.s32(at + 4),
            rows.s64(at + 8),
            rows.s64(at + 16),
            rows.s64(at + 24),
            rows.s64(at + 32),
            rows.s32(at + 40),
            rows.s32(at + 44),
            rows.s64(at + 48));
    if (section.size() < 0) {
      throw new ExtractionException(
          file.name() + ": " + name, "a size", Long.toString(section.size()));
    }
    if (section.inFile()) {
      file.slice(name, section.offset(), section.size());
    }
    return section;
  }

  private List<ElfSegment> segments() throws ExtractionException {
    List<ElfSegment> segments = new ArrayList<>();
    for (int i = 0; i < segmentCount; i++) {
      ByteRange row =
          file.slice("program header", segmentTable + (long) i * SEGMENT_BYTES, SEGMENT_BYTES);
      if (row.s32(0) == LOAD) {
        ElfSegment segment = new ElfSegment(row.s64(8), row.s64(16), row.s64(32));
        file.slice("segment", segment.offset(), segment.fileSize());
        segments.add(segment);
      }
    }
    return segments;
  }

  /** The last byte that some table mentions; what follows is not ELF's. */
  private long end(List<ElfSection> sections, List<ElfSegment> segments) {
    long end = sectionTable + (long) sectionCount * SECTION_BYTES;
    end = Math.max(end, segmentTable + (long) segmentCount * SEGMENT_BYTES);
    for (ElfSection section : sections) {
      end = Math.max(end, section.inFile() ? section.offset() + section.size() : 0);
    }
    for (ElfSegment segment : segments) {
      end = Math.max(end, segment.offset() + segment.fileSize());
    }
    return end;
  }

  private void require(String what, int expected, int found) throws ExtractionException {
    if (expected != found) {
      throw new ExtractionException(
          file.name() + ": " + what, Integer.toString(expected), Integer.toString(found));
    }
  }
}
