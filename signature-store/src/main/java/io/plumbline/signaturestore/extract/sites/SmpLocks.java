package io.plumbline.signaturestore.extract.sites;

import io.plumbline.signaturestore.extract.ExtractionException;

/**
 * Section .smp_locks: the sites as distances, then zeros up to a page, which the kernel skips
 * (kernel {@code arch/x86/kernel/alternative.c}, {@code alternatives_smp_lock}).
 */
final class SmpLocks {
  private SmpLocks() {}

  static int[] read(SiteTable table, SiteCode code) throws ExtractionException {
    int entries = table.entries(Integer.BYTES);
    while (entries > 0 && table.bytes().s32((entries - 1) * Integer.BYTES) == 0) {
      entries--;
    }
    SiteTable filled =
        new SiteTable(
            table.name(),
            table.address(),
            table.bytes().slice("entries", 0, (long) entries * Integer.BYTES));
    return SiteList.read(filled, code, PatchedInstruction.LOCK);
  }
}
