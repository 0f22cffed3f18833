package io.plumbline.signaturestore.extract.sites;

import io.plumbline.introspection.golden.image.PatchSites.JumpLabel;
import io.plumbline.signaturestore.extract.ExtractionException;
import java.util.ArrayList;
import java.util.List;

/**
 * The table of static keys' branches (kernel {@code include/linux/jump_label.h}, {@code struct
 * jump_entry} with relative references): distances of 32 bits to the code and to the target, one of
 * 64 bits to the key, whose lowest bits are flags.
 */
final class JumpTable {
  private static final int ENTRY = 16;
  private static final int TARGET = 4;
  private static final int KEY = 8;
  private static final long FLAGS = 3;
  private static final long BRANCH = 1;

  private JumpTable() {}

  static List<JumpLabel> read(SiteTable table, SiteCode code) throws ExtractionException {
    int count = table.entries(ENTRY);
    List<JumpLabel> labels = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int at = i * ENTRY;
      long key = table.bytes().s64(at + KEY);
      labels.add(
          new JumpLabel(
              SiteList.site(table, i, table.relative(at), code, PatchedInstruction.JUMP_LABEL),
              code.site(table, i, table.relative(at + TARGET), 1),
              code.place(table, i, table.address() + at + KEY + (key & ~FLAGS)),
              (key & BRANCH) != 0));
    }
    return labels;
  }
}
