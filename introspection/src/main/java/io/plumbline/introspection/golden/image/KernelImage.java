package io.plumbline.introspection.golden.image;

import io.plumbline.introspection.code.CodeMode;
import java.util.List;
import java.util.Optional;

/**
 * A kernel as its package holds it. Immutable; one copy serves every guest of a process.
 *
 * @param name what people call the build
 * @param banner the version line that the kernel carries, without its line end
 * @param buildId the linker's build id in lower-case hex; empty if the image carries none
 * @param mode how its code is decoded
 * @param base linear address at which offset 0 is linked; slides count from there
 * @param sections what the image loads, ascending by offset, not overlapping
 * @param relocations what changes when the base moves
 * @param symbols every name that the image embeds
 * @param sites where the kernel rewrites its own text
 */
public record KernelImage(
    BuildName name,
    String banner,
    String buildId,
    CodeMode mode,
    long base,
    List<ImageSection> sections,
    ImageRelocations relocations,
    ImageSymbols symbols,
    PatchSites sites) {
  public KernelImage {
    sections = List.copyOf(sections);
  }

  /** The section that holds {@code offset}. */
  public Optional<ImageSection> sectionAt(int offset) {
    for (ImageSection section : sections) {
      // A loop, as this is asked for every relocation.
      if (section.holds(offset)) {
        return Optional.of(section);
      }
    }
    return Optional.empty();
  }

  /** The section of that name. */
  public Optional<ImageSection> section(String wanted) {
    return sections.stream().filter(section -> section.name().equals(wanted)).findFirst();
  }
}
