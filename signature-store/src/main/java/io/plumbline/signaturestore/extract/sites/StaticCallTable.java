package io.plumbline.signaturestore.extract.sites;

import io.plumbline.introspection.golden.image.PatchSites.StaticCall;
import io.plumbline.signaturestore.extract.ExtractionException;
import java.util.ArrayList;
import java.util.List;

/**
 * The table of static calls (kernel {@code include/linux/static_call_types.h}, {@code struct
 * static_call_site}): distances to the call and to its key, whose lowest bits are flags.
 */
final class StaticCallTable {
  private static final int ENTRY = 8;
  private static final int KEY = 4;
  private static final int FLAGS = 3;
  private static final int TAIL = 1;
  private static final int INIT = 2;

  private StaticCallTable() {}

  static List<StaticCall> read(SiteTable table, SiteCode code) throws ExtractionException {
    int count = table.entries(ENTRY);
    List<StaticCall> calls = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int at = i * ENTRY;
      long key = table.relative(at + KEY);
      calls.add(
          new StaticCall(
              SiteList.site(table, i, table.relative(at), code, PatchedInstruction.BRANCH),
              code.place(table, i, key & ~FLAGS),
              (key & TAIL) != 0,
              (key & INIT) != 0));
    }
    return calls;
  }
}
