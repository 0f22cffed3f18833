package io.plumbline.signaturestore.extract.sites;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ImageSymbols;
import io.plumbline.introspection.golden.image.PatchSites;
import io.plumbline.introspection.golden.image.PatchSites.Alternative;
import io.plumbline.introspection.golden.image.PatchSites.RuntimeConstant;
import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.elf.ElfFile;
import io.plumbline.signaturestore.extract.elf.ElfSection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads every table of a kernel. */
public final class SiteTables {
  private static final int[] NONE = {};
  private static final String REPLACEMENTS = ".altinstr_replacement";

  private final ElfFile elf;
  private final long base;
  private final List<ImageSection> sections;
  private final Map<String, Long> symbols;
  private final SiteCode code;

  private SiteTables(
      ElfFile elf, long base, List<ImageSection> sections, Map<String, Long> symbols) {
    this.elf = elf;
    this.base = base;
    this.sections = sections;
    this.symbols = symbols;
    this.code = new SiteCode(base, sections.stream().filter(this::hasInstructions).toList());
  }

  /**
   * Reads the tables of a kernel.
   *
   * @param base linear address of offset 0 of sections and symbols
   * @param sections all that hold code
   * @throws ExtractionException if a table is of an unknown layout, or the kernel can patch in a
   *     way whose table is not known or missing
   */
  public static PatchSites read(
      ElfFile elf, long base, List<ImageSection> sections, ImageSymbols symbols)
      throws ExtractionException {
    SiteTables tables = new SiteTables(elf, base, sections, symbols.byName());
    ExpectedTables.check(elf, tables.symbols.keySet());
    return tables.read();
  }

  /** By the file's flags: since 7.x data holds the code that a kexec copies, alternatives too. */
  private boolean hasInstructions(ImageSection section) {
    return elf.section(section.name()).map(ElfSection::executable).orElse(false);
  }

  private PatchSites read() throws ExtractionException {
    Optional<SiteTable> smpLocks = section(".smp_locks");
    Optional<SiteTable> paravirt = section(".parainstructions");
    Optional<SiteTable> jumps = between("__jump_table", "__start___", "__stop___", "jump_table");
    Optional<SiteTable> staticCalls =
        between("static_call_sites", "__start_", "__stop_", "static_call_sites");
    Optional<SiteTable> traces = between("mcount_loc", "__start_", "__stop_", "mcount_loc");
    return new PatchSites(
        alternatives(),
        smpLocks.isPresent() ? SmpLocks.read(smpLocks.get(), code) : NONE,
        paravirt.isPresent() ? ParavirtTable.read(paravirt.get(), code) : List.of(),
        list(".retpoline_sites", PatchedInstruction.THUNK_BRANCH),
        list(".return_sites", PatchedInstruction.RETURN),
        list(".call_sites", PatchedInstruction.CALL),
        list(".ibt_endbr_seal", PatchedInstruction.ENDBR),
        runtimeConstants(),
        jumps.isPresent() ? JumpTable.read(jumps.get(), code) : List.of(),
        staticCalls.isPresent() ? StaticCallTable.read(staticCalls.get(), code) : List.of(),
        traces.isPresent() ? FunctionTraceTable.read(traces.get(), code) : NONE);
  }

  private List<Alternative> alternatives() throws ExtractionException {
    Optional<SiteTable> table = section(".altinstructions");
    if (table.isEmpty()) {
      return List.of();
    }
    for (ImageSection section : sections) {
      if (section.name().equals(REPLACEMENTS)) {
        return AlternativeTable.read(table.get(), code, section);
      }
    }
    throw table.get().refuse("a section " + REPLACEMENTS, "none");
  }

  private int[] list(String name, PatchedInstruction patched) throws ExtractionException {
    Optional<SiteTable> table = section(name);
    return table.isPresent() ? SiteList.read(table.get(), code, patched) : NONE;
  }

  private List<RuntimeConstant> runtimeConstants() throws ExtractionException {
    List<RuntimeConstant> constants = new ArrayList<>();
    for (ElfSection section : elf.sections()) {
      if (section.name().startsWith(RuntimeConstants.PREFIX)) {
        constants.addAll(RuntimeConstants.read(table(section), code));
      }
    }
    return constants;
  }

  private Optional<SiteTable> section(String name) throws ExtractionException {
    Optional<ElfSection> section = elf.section(name);
    return section.isPresent() ? Optional.of(table(section.get())) : Optional.empty();
  }

  private SiteTable table(ElfSection section) throws ExtractionException {
    return new SiteTable(section.name(), section.address(), elf.content(section));
  }

  /** The table between two symbols; none if there is neither. */
  private Optional<SiteTable> between(String name, String start, String stop, String symbol)
      throws ExtractionException {
    Long first = symbols.get(start + symbol);
    Long end = symbols.get(stop + symbol);
    if (first == null && end == null) {
      return Optional.empty();
    }
    if (first == null || end == null || end < first) {
      throw new ExtractionException(
          elf.bytes().name() + ": " + name,
          start + symbol + " and, not before it, " + stop + symbol,
          first + " and " + end);
    }
    return Optional.of(
        new SiteTable(name, base + first, elf.loaded(name, base + first, end - first)));
  }
}
