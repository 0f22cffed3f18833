package io.plumbline.introspection.golden.image;

/**
 * What is kept of each of many images to propose which of them a guest runs: some twenty kilobytes
 * of tens of megabytes. It decides nothing; an image that it proposes is compared byte by byte.
 *
 * @param roots what enters the kernel at the entry of the same index, ascending: an interrupt's
 *     vector, or a register's number from 256 on
 * @param entries bytes from the image's base to the entry's first instruction
 * @param places of samples of the text, as bytes from the base, ascending
 * @param samples {@link #SAMPLE_BYTES} bytes of the image for each place, one after the other
 * @param pages 16 bits of the checksum of each page that the kernel does not write, by the page's
 *     number from the base
 * @param digests those of the functions' digests that {@link #keeps} keeps, ascending as signed
 *     numbers
 */
public record ImageOutline(
    int[] roots, long[] entries, int[] places, byte[] samples, char[] pages, long[] digests) {
  /** Bytes of one sample. */
  public static final int SAMPLE_BYTES = 16;

  /** The number of the first root that is a register. */
  public static final int FIRST_REGISTER = 256;

  /** Numbers of roots are below this. */
  public static final int ROOTS = FIRST_REGISTER + 8;

  /**
   * One of so many digests is kept: digests are uniform, so that a share of them speaks for all.
   */
  private static final int KEPT_ONE_OF = 16;

  public ImageOutline {
    if (roots.length != entries.length || samples.length != places.length * SAMPLE_BYTES) {
      throw new IllegalArgumentException(
          String.format(
              "outline: expected an entry for each of %d roots and %d bytes for each of %d samples,"
                  + " found %d and %d",
              roots.length, SAMPLE_BYTES, places.length, entries.length, samples.length));
    }
  }

  /** Whether an outline keeps a function's digest. */
  public static boolean keeps(long digest) {
    return digest % KEPT_ONE_OF == 0;
  }
}
