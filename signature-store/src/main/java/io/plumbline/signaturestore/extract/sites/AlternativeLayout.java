package io.plumbline.signaturestore.extract.sites;

import io.plumbline.introspection.golden.image.PatchSites.Alternative;
import io.plumbline.signaturestore.extract.ExtractionException;

/**
 * How an entry of .altinstructions is laid out (kernel {@code arch/x86/include/asm/alternative.h},
 * {@code struct alt_instr}): all begin with the distances to the site and the replacement and the
 * feature's number.
 */
enum AlternativeLayout {
  /** Since 5.13: bit 15 of the number inverts it; the two lengths. */
  BYTES_12(12, 10) {
    @Override
    boolean plausible(SiteTable table, int at) {
      return true;
    }
  },
  /** Before 5.13: the two lengths, then how much of the site is padding. */
  BYTES_13(13, 10) {
    @Override
    boolean plausible(SiteTable table, int at) throws ExtractionException {
      return table.bytes().u8(at + 12) <= table.bytes().u8(at + 10);
    }
  },
  /** Since 6.3: the number, 16 bits of flags, the two lengths. */
  BYTES_14(14, 12) {
    @Override
    boolean plausible(SiteTable table, int at) throws ExtractionException {
      return table.bytes().u16(at + FEATURE) < FEATURES
          && table.bytes().u16(at + FLAGS) <= (FLAG_NOT | FLAG_DIRECT_CALL);
    }
  };

  private static final int FEATURE = 8;
  private static final int FEATURE_NOT = 0x8000;

  /** 32 words of 32 bits, more than any kernel has. */
  private static final int FEATURES = 32 * 32;

  private static final int FLAGS = 10;
  private static final int FLAG_NOT = 1;
  private static final int FLAG_DIRECT_CALL = 2;

  private final int size;
  private final int lengths;

  AlternativeLayout(int size, int lengths) {
    this.size = size;
    this.lengths = lengths;
  }

  /** Bytes of an entry. */
  int size() {
    return size;
  }

  /** Whether what only this layout has makes sense in the entry at {@code at}. */
  abstract boolean plausible(SiteTable table, int at) throws ExtractionException;

  /** One entry, not yet checked against the code. */
  Alternative read(SiteTable table, int entry, SiteCode code) throws ExtractionException {
    int at = entry * size;
    int feature = table.bytes().u16(at + FEATURE);
    int flags = this == BYTES_14 ? table.bytes().u16(at + FLAGS) : 0;
    boolean inverted = this == BYTES_14 ? (flags & FLAG_NOT) != 0 : (feature & FEATURE_NOT) != 0;
    int number = this == BYTES_14 ? feature : feature & ~FEATURE_NOT;
    if (!plausible(table, at) || number >= FEATURES) {
      throw table.refuse(entry, size + " bytes of a layout of " + size, "feature " + feature);
    }
    return new Alternative(
        code.place(table, entry, table.relative(at)),
        code.place(table, entry, table.relative(at + Integer.BYTES)),
        number,
        inverted,
        (flags & FLAG_DIRECT_CALL) != 0,
        table.bytes().u8(at + lengths),
        table.bytes().u8(at + lengths + 1));
  }
}
