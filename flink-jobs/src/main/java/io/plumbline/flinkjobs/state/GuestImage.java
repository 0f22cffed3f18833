package io.plumbline.flinkjobs.state;

import java.util.BitSet;

/**
 * The image that a VM's pages are kept as differences from, and where the guest has it.
 *
 * @param signature content address of the package's signature that holds the image
 * @param slide bytes between where the image is linked and where the guest has it
 * @param firstFrame guest frame of the image's first page; the others follow it
 * @param held the image's pages that an older version kept as differences, as {@link
 *     BitSet#toLongArray()}; none since there is a {@link PageIndex}
 */
public record GuestImage(String signature, long slide, long firstFrame, long[] held) {
  /** The same image in the same place, with other pages held. */
  public GuestImage holding(BitSet pages) {
    return new GuestImage(signature, slide, firstFrame, pages.toLongArray());
  }
}
