package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.image.ImageOutline;
import java.util.Arrays;

/** The section that proposes a packaged kernel for a guest, without its content. */
final class OutlineSection {
  private static final int MOST_ENTRIES = 4096;
  private static final int MOST_SAMPLES = 4096;
  private static final int MOST_PAGES = 1 << 16;
  private static final int MOST_DIGESTS = 65_536;

  private OutlineSection() {}

  static byte[] write(ImageOutline outline) {
    ByteSink to = new ByteSink();
    to.steps(outline.roots());
    for (long entry : outline.entries()) {
      to.signedLong(entry);
    }
    to.steps(outline.places());
    to.raw(outline.samples());
    to.unsigned(outline.pages().length);
    for (char page : outline.pages()) {
      to.u8(page & 0xff);
      to.u8(page >>> Byte.SIZE);
    }
    to.unsigned(outline.digests().length);
    for (long digest : outline.digests()) {
      to.int64(digest);
    }
    return to.toByteArray();
  }

  static ImageOutline read(ByteSource from) throws SignatureException {
    int at = from.position();
    int[] roots = from.steps("roots", MOST_ENTRIES);
    for (int i = 0; i < roots.length; i++) {
      int least = i == 0 ? 0 : roots[i - 1];
      if (roots[i] < least || roots[i] >= ImageOutline.ROOTS) {
        throw from.refuse(
            at, "root " + i, "ascending from 0 to " + (ImageOutline.ROOTS - 1), roots[i]);
      }
    }
    long[] entries = new long[roots.length];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = from.signedLong("entry");
    }
    int[] places = from.steps("samples", MOST_SAMPLES);
    byte[] samples = from.raw("samples", places.length * ImageOutline.SAMPLE_BYTES);
    char[] pages = new char[from.count("pages", MOST_PAGES, Character.BYTES)];
    for (int i = 0; i < pages.length; i++) {
      pages[i] = (char) (from.u8("page") | from.u8("page") << Byte.SIZE);
    }
    at = from.position();
    long[] digests = new long[from.count("digests", MOST_DIGESTS, Long.BYTES)];
    for (int i = 0; i < digests.length; i++) {
      digests[i] = from.int64("digest");
    }
    long[] ascending = digests.clone();
    Arrays.sort(ascending);
    if (!Arrays.equals(digests, ascending)) {
      throw from.refuse(at, "digests", "ascending numbers", "others");
    }
    from.end();
    return new ImageOutline(roots, entries, places, samples, pages, digests);
  }
}
