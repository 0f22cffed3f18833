package io.plumbline.signaturestore.extract.sites;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.elf.ElfFile;
import io.plumbline.signaturestore.extract.elf.ElfSection;
import java.util.List;
import java.util.Set;

/**
 * Which tables a kernel must have: one that has a patching function but no table for it, or a table
 * that nobody here knows, would be verified with holes or false alarms.
 */
final class ExpectedTables {
  private static final Set<String> KNOWN =
      Set.of(
          ".altinstructions",
          ".altinstr_replacement",
          ".altinstr_aux",
          ".retpoline_sites",
          ".return_sites",
          ".call_sites",
          ".ibt_endbr_seal",
          ".static_call_sites");

  /** If the kernel has all the symbols it has the section. */
  private record Section(String name, List<String> symbols) {}

  private static final List<Section> SECTIONS =
      List.of(
          new Section(".altinstructions", List.of("apply_alternatives")),
          new Section(".smp_locks", List.of("alternatives_smp_module_add")),
          new Section(".parainstructions", List.of("apply_paravirt", "pv_ops")),
          new Section(".retpoline_sites", List.of("apply_retpolines", "__x86_indirect_thunk_rax")),
          new Section(".return_sites", List.of("apply_returns", "x86_return_thunk")),
          new Section(".call_sites", List.of("callthunks_patch_builtin_calls")),
          new Section(".ibt_endbr_seal", List.of("apply_seal_endbr", "ibt_save")));

  /** If the kernel has the first symbol it has the second. */
  private record Bound(String function, String start) {}

  private static final List<Bound> BOUNDS =
      List.of(
          new Bound("jump_label_init", "__start___jump_table"),
          new Bound("static_call_init", "__start_static_call_sites"),
          new Bound("ftrace_init", "__start_mcount_loc"));

  private ExpectedTables() {}

  static void check(ElfFile elf, Set<String> symbols) throws ExtractionException {
    String file = elf.bytes().name();
    for (Section section : SECTIONS) {
      if (symbols.containsAll(section.symbols()) && elf.section(section.name()).isEmpty()) {
        throw new ExtractionException(
            file, "a table " + section.name() + " for " + section.symbols().get(0), "none");
      }
    }
    for (Bound bound : BOUNDS) {
      if (symbols.contains(bound.function()) && !symbols.contains(bound.start())) {
        throw new ExtractionException(
            file, "a symbol " + bound.start() + " for " + bound.function(), "none");
      }
    }
    checkKnown(elf);
  }

  /** Refuses a table that nobody here knows. */
  static void checkKnown(ElfFile elf) throws ExtractionException {
    for (ElfSection section : elf.sections()) {
      if (section.loaded() && looksLikeSites(section.name()) && !KNOWN.contains(section.name())) {
        throw new ExtractionException(
            elf.bytes().name(),
            "tables of patch sites that are known",
            "a section " + section.name());
      }
    }
  }

  private static boolean looksLikeSites(String name) {
    return name.endsWith("_sites") || name.startsWith(".alt") || name.startsWith(".ibt_");
  }
}
