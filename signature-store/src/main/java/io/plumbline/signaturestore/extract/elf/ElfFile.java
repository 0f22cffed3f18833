package io.plumbline.signaturestore.extract.elf;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import java.util.List;
import java.util.Optional;

/**
 * A 64-bit x86 ELF file.
 *
 * @param bytes the whole file and what is appended to it
 * @param end bytes of the ELF file itself
 */
public record ElfFile(
    ByteRange bytes, List<ElfSection> sections, List<ElfSegment> segments, long end) {
  public ElfFile {
    sections = List.copyOf(sections);
    segments = List.copyOf(segments);
  }

  /** The only section of that name. */
  public Optional<ElfSection> section(String name) {
    return sections.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /** The section of that name. */
  public ElfSection required(String name) throws ExtractionException {
    Optional<ElfSection> section = section(name);
    if (section.isEmpty()) {
      throw new ExtractionException(bytes.name(), "a section " + name, "none");
    }
    return section.get();
  }

  /** A section's bytes in the file. */
  public ByteRange content(ElfSection section) throws ExtractionException {
    if (!section.inFile()) {
      throw new ExtractionException(
          bytes.name() + ": " + section.name(), "bytes in the file", "none (NOBITS)");
    }
    return bytes.slice(section.name(), section.offset(), section.size());
  }

  /** What is loaded at {@code address}. */
  public ByteRange loaded(String what, long address, long length) throws ExtractionException {
    for (ElfSegment segment : segments) {
      if (segment.holds(address, length)) {
        return bytes.slice(what, segment.offset() + (address - segment.address()), length);
      }
    }
    throw new ExtractionException(
        bytes.name() + ": " + what,
        String.format("%d loaded bytes at 0x%016x", length, address),
        "no segment that has them");
  }
}
