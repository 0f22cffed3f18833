package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.image.ImageOutline;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where a guest has an image: each hardware root proposes the slide that would make it the entry
 * that the image has for it, and the slide that most propose is confirmed by samples of text. Half
 * of the sampled bytes must be the image's: boots patch fewer, other builds share far fewer, and no
 * single change makes an image be overlooked. Works on the image's outline, so that one can be kept
 * of each of many builds, and asking one that the guest does not run costs microseconds.
 */
public final class ImagePlacement {
  /** Different slides that are tried before giving up; an honest guest has one. */
  private static final int MOST_CANDIDATES = 8;

  /** Kernels lie on 2 MiB (MIN_KERNEL_ALIGN, {@code arch/x86/include/asm/boot.h}). */
  private static final long ALIGNMENT = 1 << 21;

  /** One of so many samples is looked at first. */
  private static final int FIRST_LOOK = 4;

  private final long base;
  private final ImageOutline outline;
  private final int[] firstOfRoot = new int[ImageOutline.ROOTS + 1];

  /**
   * A slide and how well the guest's text fits there.
   *
   * @param slide bytes, a multiple of 2 MiB
   * @param share of the sampled bytes that are the image's, 0.5 to 1
   */
  public record Fit(long slide, double share) {}

  /**
   * For all guests that may run the image.
   *
   * @param base the linear address of the image's offset 0
   */
  public ImagePlacement(long base, ImageOutline outline) {
    this.base = base;
    this.outline = outline;
    for (int root : outline.roots()) {
      firstOfRoot[root + 1]++;
    }
    for (int root = 0; root < firstOfRoot.length - 1; root++) {
      firstOfRoot[root + 1] += firstOfRoot[root];
    }
  }

  /** The slide, or empty if the guest does not run this image. */
  OptionalLong slide(List<HardwareRoot> roots, VirtualMemory memory) {
    return fit(RootTargets.of(roots), memory).stream().mapToLong(Fit::slide).findFirst();
  }

  /** Where the image fits the guest best, or empty if it does not. */
  Optional<Fit> fit(RootTargets roots, VirtualMemory memory) {
    Map<Long, Integer> votes = votes(roots);
    return votes.entrySet().stream()
        .sorted(
            Map.Entry.<Long, Integer>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(MOST_CANDIDATES)
        .mapToLong(Map.Entry::getKey)
        .mapToObj(slide -> new Fit(slide, share(slide, memory)))
        .filter(fit -> 2 * fit.share() > 1)
        .max(Comparator.comparingDouble(Fit::share));
  }

  private Map<Long, Integer> votes(RootTargets roots) {
    Map<Long, Integer> votes = new HashMap<>();
    for (int i = 0; i < roots.roots().length; i++) {
      int root = roots.roots()[i];
      long target = roots.targets()[i] - base;
      for (int at = firstOfRoot[root]; at < firstOfRoot[root + 1]; at++) {
        long slide = target - outline.entries()[at];
        if ((slide & ALIGNMENT - 1) == 0) {
          votes.merge(slide, 1, Integer::sum);
        }
      }
    }
    return votes;
  }

  private double share(long slide, VirtualMemory memory) {
    int count = outline.places().length;
    int looked = (count + FIRST_LOOK - 1) / FIRST_LOOK;
    int equal = 0;
    for (int i = 0; i < count; i += FIRST_LOOK) {
      equal += equalBytes(i, slide, memory);
    }
    // What is hopeless is dropped before the rest is read: half as good as what is asked in the
    // end.
    if (4 * equal < looked * ImageOutline.SAMPLE_BYTES) {
      return 0;
    }
    for (int i = 0; i < count; i++) {
      equal += i % FIRST_LOOK == 0 ? 0 : equalBytes(i, slide, memory);
    }
    // What cannot be read confirms nothing: a wrong slide may hit a few pages of text only.
    return count == 0 ? 0 : (double) equal / outline.samples().length;
  }

  private int equalBytes(int sample, long slide, VirtualMemory memory) {
    int place = outline.places()[sample];
    Optional<PageBytes> page = memory.pageAt(base + slide + place);
    int equal = 0;
    if (page.isPresent()) {
      int inPage = place & PageBytes.SIZE - 1;
      for (int at = 0; at < ImageOutline.SAMPLE_BYTES; at++) {
        int expected = outline.samples()[sample * ImageOutline.SAMPLE_BYTES + at] & 0xff;
        equal += page.get().byteAt(inPage + at) == expected ? 1 : 0;
      }
    }
    return equal;
  }

  /**
   * In how many pages this image is not what {@code seen} leads one to expect of the guest's: equal
   * to {@code other} where that explains the guest, different where it does not. Next to nothing
   * for the image that the guest runs.
   *
   * @param other an image of the same layout, which the guest was held against
   * @param layout of that image
   * @param unexplained pages of the layout that it does not explain
   */
  int contradictions(ImagePlacement other, ImageLayout layout, BitSet unexplained) {
    int count = 0;
    for (int page = 0; page < layout.verifiedBytes() / PageBytes.SIZE; page++) {
      int number = layout.offsetOf(page * PageBytes.SIZE) / PageBytes.SIZE;
      boolean same = checksum(number) == other.checksum(number);
      count += same == unexplained.get(page) ? 1 : 0;
    }
    return count;
  }

  /** Whether the images have the same content, as far as checksums tell. */
  boolean hasPagesOf(ImagePlacement other) {
    return Arrays.equals(outline.pages(), other.outline.pages());
  }

  private int checksum(int page) {
    return page < outline.pages().length ? outline.pages()[page] : -1;
  }
}
