package io.plumbline.signaturestore.extract.sites;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.PatchSites.Alternative;
import io.plumbline.signaturestore.extract.ExtractionException;
import java.util.ArrayList;
import java.util.List;

/**
 * Section .altinstructions. Nothing in a kernel says which layout its entries have: it is the one
 * with which every entry makes sense, its site in code and its replacement among the replacements.
 */
final class AlternativeTable {
  private AlternativeTable() {}

  /**
   * The entries, in table order.
   *
   * @param replacements section .altinstr_replacement
   */
  static List<Alternative> read(SiteTable table, SiteCode code, ImageSection replacements)
      throws ExtractionException {
    List<Alternative> read = null;
    ExtractionException wrong = null;
    for (AlternativeLayout layout : AlternativeLayout.values()) {
      if (table.bytes().length() % layout.size() != 0) {
        continue;
      }
      try {
        List<Alternative> entries = read(table, layout, code, replacements);
        if (read != null && !entries.isEmpty()) {
          throw table.refuse("entries of one layout", "several that fit");
        }
        read = entries;
      } catch (ExtractionException e) {
        wrong = e;
      }
    }
    if (read == null) {
      throw wrong != null
          ? wrong
          : table.refuse("entries of 12, 13 or 14 bytes", table.bytes().length() + " bytes");
    }
    return read;
  }

  private static List<Alternative> read(
      SiteTable table, AlternativeLayout layout, SiteCode code, ImageSection replacements)
      throws ExtractionException {
    int count = table.entries(layout.size());
    List<Alternative> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Alternative entry = layout.read(table, i, code);
      if (entry.siteLength() == 0
          || entry.replacementLength() > entry.siteLength()
          || !code.isCode(entry.site(), entry.siteLength())
          || entry.replacement() < replacements.offset()
          || entry.replacement() > replacements.end() - entry.replacementLength()) {
        throw table.refuse(i, "a site in code and a shorter replacement", entry.toString());
      }
      entries.add(entry);
    }
    return entries;
  }
}
