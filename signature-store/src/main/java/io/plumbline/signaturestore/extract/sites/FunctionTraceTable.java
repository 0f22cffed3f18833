package io.plumbline.signaturestore.extract.sites;

import io.plumbline.signaturestore.extract.ExtractionException;
import java.util.Arrays;

/**
 * The table of calls to the function tracer: 64-bit addresses. Zeros stand for functions that the
 * linker dropped (kernel {@code scripts/sorttable.c}, since 6.15).
 */
final class FunctionTraceTable {
  private FunctionTraceTable() {}

  static int[] read(SiteTable table, SiteCode code) throws ExtractionException {
    int count = table.entries(Long.BYTES);
    int[] sites = new int[count];
    int kept = 0;
    for (int i = 0; i < count; i++) {
      long address = table.bytes().s64(i * Long.BYTES);
      if (address != 0) {
        sites[kept++] = SiteList.site(table, i, address, code, PatchedInstruction.FENTRY);
      }
    }
    return Arrays.copyOf(sites, kept);
  }
}
