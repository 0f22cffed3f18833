package io.plumbline.signaturestore.extract.sites;

import java.util.List;
import java.util.Optional;

/** The tables of a module, each a section (kernel {@code scripts/module.lds.S}). */
final class ModuleTables implements TableSource {
  private final List<LinkedSection> sections;

  ModuleTables(List<LinkedSection> sections) {
    this.sections = sections;
  }

  @Override
  public Optional<SiteTable> section(String name) {
    return sections.stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .map(ModuleTables::table);
  }

  @Override
  public List<SiteTable> sectionsFrom(String prefix) {
    return sections.stream()
        .filter(each -> each.name().startsWith(prefix))
        .map(ModuleTables::table)
        .toList();
  }

  @Override
  public Optional<SiteTable> jumpTable() {
    return section("__jump_table");
  }

  @Override
  public Optional<SiteTable> staticCalls() {
    return section(".static_call_sites");
  }

  @Override
  public Optional<SiteTable> functionTraces() {
    return section("__mcount_loc");
  }

  private static SiteTable table(LinkedSection section) {
    return new SiteTable(section.name(), section.address(), section.bytes());
  }
}
