package io.plumbline.signaturestore.extract.sites;

import io.plumbline.introspection.golden.image.PatchSites.ParavirtSite;
import io.plumbline.signaturestore.extract.ExtractionException;
import java.util.ArrayList;
import java.util.List;

/**
 * Section .parainstructions (kernel {@code arch/x86/include/asm/paravirt_types.h}, {@code struct
 * paravirt_patch_site}, gone in 6.8): a 64-bit address, the operation, the length, each entry
 * aligned to 8 bytes, the last not filled up.
 */
final class ParavirtTable {
  private static final int STRIDE = 16;
  private static final int ENTRY = 10;

  /** {@code call *disp32} and {@code jmp *disp32}, the former also with a SIB byte. */
  private static final int SHORTEST = 6;

  private static final int LONGEST = 15;

  private ParavirtTable() {}

  static List<ParavirtSite> read(SiteTable table, SiteCode code) throws ExtractionException {
    List<ParavirtSite> sites = new ArrayList<>();
    int length = table.bytes().length();
    int at = 0;
    for (; at + ENTRY <= length; at += STRIDE) {
      int entry = at / STRIDE;
      int bytes = table.bytes().u8(at + Long.BYTES + 1);
      if (bytes < SHORTEST || bytes > LONGEST) {
        throw table.refuse(entry, SHORTEST + " to " + LONGEST + " bytes", Integer.toString(bytes));
      }
      long address = table.bytes().s64(at);
      code.site(table, entry, address, bytes);
      sites.add(
          new ParavirtSite(
              SiteList.site(table, entry, address, code, PatchedInstruction.INDIRECT_BRANCH),
              table.bytes().u8(at + Long.BYTES),
              bytes));
    }
    if (at < length) {
      throw table.refuse("entries of " + STRIDE + " bytes", (length - at) + " bytes more");
    }
    return sites;
  }
}
