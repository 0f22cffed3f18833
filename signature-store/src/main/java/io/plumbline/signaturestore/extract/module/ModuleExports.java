package io.plumbline.signaturestore.extract.module;

import io.plumbline.signaturestore.extract.ExtractionException;
import io.plumbline.signaturestore.extract.bytes.ByteRange;
import io.plumbline.signaturestore.extract.sites.LinkedSection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a module lets others use; the entries are those of a kernel's exports. */
final class ModuleExports {
  private static final List<String> TABLES = List.of("__ksymtab", "__ksymtab_gpl");
  private static final String STRINGS = "__ksymtab_strings";
  private static final int ENTRY = 12;
  private static final int LONGEST_NAME = 1024;

  private ModuleExports() {}

  static Map<String, Integer> of(List<LinkedSection> sections) throws ExtractionException {
    Map<String, Integer> exports = new HashMap<>();
    for (LinkedSection table : sections) {
      if (TABLES.contains(table.name())) {
        ByteRange bytes = table.bytes();
        for (int at = 0; at + ENTRY <= bytes.length(); at += ENTRY) {
          long value = table.address() + at + bytes.s32(at);
          long name = table.address() + at + Integer.BYTES + bytes.s32(at + Integer.BYTES);
          exports.put(text(table, sections, name), Math.toIntExact(value - ModuleLinker.BASE));
        }
      }
    }
    return exports;
  }

  private static String text(LinkedSection table, List<LinkedSection> sections, long address)
      throws ExtractionException {
    for (LinkedSection section : sections) {
      long at = address - section.address();
      if (section.name().equals(STRINGS) && at >= 0 && at < section.bytes().length()) {
        return section.bytes().text((int) at, LONGEST_NAME);
      }
    }
    throw new ExtractionException(
        table.bytes().name(), "names in " + STRINGS, String.format("0x%016x", address));
  }
}
