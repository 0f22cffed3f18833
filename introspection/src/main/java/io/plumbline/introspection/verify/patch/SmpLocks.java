package io.plumbline.introspection.verify.patch;

import java.util.BitSet;

/**
 * LOCK prefixes that are DS on one processor (kernel {@code arch/x86/kernel/alternative.c},
 * alternatives_smp_unlock): all alike.
 */
public final class SmpLocks {
  private static final byte LOCK = (byte) 0xf0;
  private static final byte DS = 0x3e;

  private final int[] sites;
  private final BitSet isSite = new BitSet();
  private final SiteIndex index;

  public SmpLocks(ImageLayout layout) {
    sites = layout.codePlaces(layout.sites().smpLocks());
    for (int site : sites) {
      isSite.set(site);
    }
    index = SiteIndex.ofFixed("LOCK prefix", sites, 1);
  }

  SiteIndex index() {
    return index;
  }

  /** Whether the majority of the sites is locked, as on more than one processor. */
  boolean inferLocked(Rewriting text, BootVotes votes) {
    int locked = 0;
    int unlocked = 0;
    for (int site : sites) {
      if (text.inGuest(site)) {
        locked += text.guest()[site] == LOCK ? 1 : 0;
        unlocked += text.guest()[site] == DS ? 1 : 0;
      }
    }
    votes.locks(Math.abs(locked - unlocked));
    return locked >= unlocked;
  }

  /** Rewrites every site that has a LOCK prefix now. */
  public void apply(Rewriting text, boolean locked) {
    if (locked) {
      return;
    }
    byte[] code = text.expected();
    for (int site : sites) {
      if (code[site] == LOCK) {
        code[site] = DS;
      }
    }
  }

  /** Whether a site holds {@code copy}, its LOCK prefixes taken for equal to DS. */
  boolean equalButForLocks(byte[] guest, int site, byte[] copy, int length) {
    for (int i = 0; i < length; i++) {
      if (guest[site + i] != copy[i]
          && !(copy[i] == LOCK && guest[site + i] == DS && isSite.get(site + i))) {
        return false;
      }
    }
    return true;
  }
}
