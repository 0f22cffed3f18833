package io.plumbline.signaturestore.extract.sites;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.elf.ElfFile;
import io.plumbline.signaturestore.extract.elf.ElfSection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tables of a kernel: some are sections, the others lie in larger ones between two symbols
 * (kernel {@code include/asm-generic/vmlinux.lds.h}).
 */
final class KernelTables implements TableSource {
  private final ElfFile elf;
  private final long base;
  private final Map<String, Long> symbols;

  /**
   * The tables of {@code elf}.
   *
   * @param symbols places from the base by name
   */
  KernelTables(ElfFile elf, long base, Map<String, Long> symbols) {
    this.elf = elf;
    this.base = base;
    this.symbols = symbols;
  }

  @Override
  public Optional<SiteTable> section(String name) throws ExtractionException {
    Optional<ElfSection> section = elf.section(name);
    return section.isPresent() ? Optional.of(table(section.get())) : Optional.empty();
  }

  @Override
  public List<SiteTable> sectionsFrom(String prefix) throws ExtractionException {
    List<SiteTable> tables = new ArrayList<>();
    for (ElfSection section : elf.sections()) {
      if (section.name().startsWith(prefix)) {
        tables.add(table(section));
      }
    }
    return tables;
  }

  @Override
  public Optional<SiteTable> jumpTable() throws ExtractionException {
    return between("__jump_table", "__start___jump_table", "__stop___jump_table");
  }

  @Override
  public Optional<SiteTable> staticCalls() throws ExtractionException {
    return between("static_call_sites", "__start_static_call_sites", "__stop_static_call_sites");
  }

  @Override
  public Optional<SiteTable> functionTraces() throws ExtractionException {
    return between("mcount_loc", "__start_mcount_loc", "__stop_mcount_loc");
  }

  private SiteTable table(ElfSection section) throws ExtractionException {
    return new SiteTable(section.name(), section.address(), elf.content(section));
  }

  /** The table between two symbols; none if there is neither. */
  private Optional<SiteTable> between(String name, String start, String stop)
      throws ExtractionException {
    Long first = symbols.get(start);
    Long end = symbols.get(stop);
    if (first == null && end == null) {
      return Optional.empty();
    }
    if (first == null || end == null || end < first) {
      throw new ExtractionException(
          elf.bytes().name() + ": " + name,
          start + " and, not before it, " + stop,
          first + " and " + end);
    }
    return Optional.of(
        new SiteTable(name, base + first, elf.loaded(name, base + first, end - first)));
  }
}
