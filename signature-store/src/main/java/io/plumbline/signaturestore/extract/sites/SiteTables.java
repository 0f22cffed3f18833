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

/** Reads every table of a kernel or a module. */
public final class SiteTables {
  private static final int[] NONE = {};
  private static final String REPLACEMENTS = ".altinstr_replacement";

  private final TableSource source;
  private final List<ImageSection> sections;
  private final SiteCode code;

  private SiteTables(TableSource source, List<ImageSection> sections, SiteCode code) {
    this.source = source;
    this.sections = sections;
    this.code = code;
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
    Map<String, Long> places = symbols.byName();
    ExpectedTables.check(elf, places.keySet());
    // By the file's flags: since 7.x data holds the code that a kexec copies, alternatives too.
    List<ImageSection> code =
        sections.stream()
            .filter(each -> elf.section(each.name()).map(ElfSection::executable).orElse(false))
            .toList();
    return new SiteTables(
            new KernelTables(elf, base, places), sections, new SiteCode(base, 0, code))
        .read();
  }

  /**
   * Reads the tables of a module.
   *
   * @param linked its sections, linked with place 0 at {@code base}
   * @param lowest the first place that an imported key may have
   * @param sections those with code, as in the file
   */
  public static PatchSites read(
      ElfFile elf, List<LinkedSection> linked, long base, int lowest, List<ImageSection> sections)
      throws ExtractionException {
    ExpectedTables.checkKnown(elf);
    List<ImageSection> code = sections.stream().filter(ImageSection::executable).toList();
    return new SiteTables(new ModuleTables(linked), code, new SiteCode(base, lowest, code)).read();
  }

  private PatchSites read() throws ExtractionException {
    Optional<SiteTable> smpLocks = source.section(".smp_locks");
    Optional<SiteTable> paravirt = source.section(".parainstructions");
    Optional<SiteTable> jumps = source.jumpTable();
    Optional<SiteTable> staticCalls = source.staticCalls();
    Optional<SiteTable> traces = source.functionTraces();
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
    Optional<SiteTable> table = source.section(".altinstructions");
    if (table.isEmpty() || table.get().bytes().length() == 0) {
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
    Optional<SiteTable> table = source.section(name);
    return table.isPresent() ? SiteList.read(table.get(), code, patched) : NONE;
  }

  private List<RuntimeConstant> runtimeConstants() throws ExtractionException {
    List<RuntimeConstant> constants = new ArrayList<>();
    for (SiteTable table : source.sectionsFrom(RuntimeConstants.PREFIX)) {
      constants.addAll(RuntimeConstants.read(table, code));
    }
    return constants;
  }
}
