package io.plumbline.signaturestore.extract.sites;

import io.plumbline.signaturestore.extract.ExtractionException;

/** Tables that are a list of sites: 32-bit distances from the entry's own place. */
final class SiteList {
  private SiteList() {}

  /** The sites, in table order. */
  static int[] read(SiteTable table, SiteCode code, PatchedInstruction patched)
      throws ExtractionException {
    int[] sites = new int[table.entries(Integer.BYTES)];
    for (int i = 0; i < sites.length; i++) {
      sites[i] = site(table, i, table.relative(i * Integer.BYTES), code, patched);
    }
    return sites;
  }

  /** The place of one site at which the instruction is what the mechanism patches. */
  static int site(
      SiteTable table, int entry, long address, SiteCode code, PatchedInstruction patched)
      throws ExtractionException {
    int site = code.site(table, entry, address, 1);
    if (!patched.at(code, site)) {
      throw table.refuse(entry, patched.description(), code.show(site));
    }
    return site;
  }
}
