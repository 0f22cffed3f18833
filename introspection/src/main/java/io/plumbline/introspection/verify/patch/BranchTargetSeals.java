package io.plumbline.introspection.verify.patch;

import java.util.OptionalInt;

/**
 * ENDBR64 instructions that are taken out because nobody branches there indirectly (kernel {@code
 * arch/x86/kernel/alternative.c}, poison_endbr). One value a kernel: that of {@code
 * gen_endbr_poison} in {@code arch/x86/include/asm/ibt.h}.
 */
public final class BranchTargetSeals {
  private static final int ENDBR64 = 0xfa1e0ff3;

  /** As in the file; {@code nopw (%rax)} to 6.17; {@code nopl -42(%rax)} since 6.18. */
  private static final int[] VALUES = {ENDBR64, 0x001f0f66, 0xd6401f0f};

  private final int[] sites;
  private final int[] kernelSites;
  private final SiteIndex index;

  public BranchTargetSeals(ImageLayout layout) {
    sites = layout.codePlaces(layout.sites().branchTargetSeals());
    ImageLayout kernel = layout.kernel();
    kernelSites = kernel == layout ? sites : kernel.codePlaces(kernel.sites().branchTargetSeals());
    index = SiteIndex.ofFixed("branch target seal", sites, Integer.BYTES);
  }

  SiteIndex index() {
    return index;
  }

  /** Writes the value that most of the kernel's sites have. */
  public void apply(Rewriting text) {
    OptionalInt known = text.kernel().seal();
    write(text, known.isPresent() ? known.getAsInt() : vote(text, new BootVotes()));
  }

  /** The same, and by how much it was decided. */
  void apply(Rewriting text, BootVotes margins) {
    write(text, vote(text, margins));
  }

  private int vote(Rewriting text, BootVotes margins) {
    int[] votes = new int[VALUES.length];
    Rewriting kernel = text.kernel();
    for (int site : kernelSites) {
      if (kernel.inGuest(site)) {
        int value = Bytes.intAt(kernel.guest(), site);
        for (int i = 0; i < VALUES.length; i++) {
          votes[i] += value == VALUES[i] ? 1 : 0;
        }
      }
    }
    int best = 0;
    for (int i = 1; i < VALUES.length; i++) {
      best = votes[i] > votes[best] ? i : best;
    }
    margins.seals(margin(votes, best));
    kernel.sealIs(VALUES[best]);
    return VALUES[best];
  }

  private void write(Rewriting text, int value) {
    for (int site : sites) {
      if (Bytes.intAt(text.expected(), site) == ENDBR64) {
        Bytes.putInt(text.expected(), site, value);
      }
    }
  }

  private static int margin(int[] votes, int best) {
    int margin = votes[best];
    for (int i = 0; i < votes.length; i++) {
      margin = i == best ? margin : Math.min(margin, votes[best] - votes[i]);
    }
    return margin;
  }
}
