package io.plumbline.introspection.golden.image;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A module as its package holds it. Its parts lie in one image, each from a page on, text at place
 * 0; where they lie in a guest is for each part (since kernel 6.4) or for the first four together
 * one unknown.
 *
 * <p>The loader sorts some read-only tables in place: {@code .orc_unwind} with {@code
 * .orc_unwind_ip}, {@code __ex_table}, {@code __jump_table}, {@code .static_call_sites}. In a guest
 * they hold the same entries in another order.
 *
 * <p>What the module imports has a negative place: import {@code i} begins at {@code FIRST_IMPORT +
 * i * IMPORT_BYTES}, so that a place in the middle of an imported variable can be written.
 *
 * @param name as the kernel lists it
 * @param vermagic the kernel release and options that it was built for
 * @param buildId the linker's build id in lower-case hex; empty if it has none
 * @param parts ascending by place
 * @param sections the code's and read-only data's, as in the file, ascending by place
 * @param relocations of the parts whose bytes are known
 * @param imports names that other modules or the kernel define
 * @param exports places by the names that other modules may import
 * @param symbols of functions and variables
 * @param sites places in this image; keys may be imported
 */
public record ModuleImage(
    String name,
    String vermagic,
    String buildId,
    List<ModulePart> parts,
    List<ImageSection> sections,
    ModuleRelocations relocations,
    List<String> imports,
    Map<String, Integer> exports,
    ImageSymbols symbols,
    PatchSites sites) {
  /** Place of the first import. */
  public static final int FIRST_IMPORT = -0x4000_0000;

  /** Places that an import takes; none refers farther into one. */
  public static final int IMPORT_BYTES = 1 << 12;

  public ModuleImage {
    parts = List.copyOf(parts);
    sections = List.copyOf(sections);
    imports = List.copyOf(imports);
    exports = Map.copyOf(exports);
  }

  /** The part of that kind. */
  public Optional<ModulePart> part(ModuleMemory memory) {
    return parts.stream().filter(each -> each.memory() == memory).findFirst();
  }

  /** Index of the import that {@code place} lies in; -1 if it is in the module. */
  public static int importAt(int place) {
    return place < 0 ? (place - FIRST_IMPORT) / IMPORT_BYTES : -1;
  }

  /** How far into its import {@code place} lies. */
  public static int importOffset(int place) {
    return (place - FIRST_IMPORT) % IMPORT_BYTES;
  }
}
