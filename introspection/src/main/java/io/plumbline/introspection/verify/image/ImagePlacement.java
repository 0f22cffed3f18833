package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.roots.HardwareRoot;
import java.util.ArrayList;
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
 * single change makes an image be overlooked. A few kilobytes, so that one can be kept of each of
 * many builds.
 */
public final class ImagePlacement {
  /** Different slides that are tried before giving up; an honest guest has one. */
  private static final int MOST_CANDIDATES = 8;

  /** Kernels lie on 2 MiB (MIN_KERNEL_ALIGN, {@code arch/x86/include/asm/boot.h}). */
  private static final long ALIGNMENT = 1 << 21;

  private static final int SAMPLES = 256;
  private static final int SAMPLE_BYTES = 16;
  private static final String TEXT = ".text";

  private final long base;
  private final ImageEntries entries;
  private final int[] places;
  private final byte[] samples;

  /**
   * A slide and how well the guest's text fits there.
   *
   * @param slide bytes, a multiple of 2 MiB
   * @param share of the sampled bytes that are the image's, 0.5 to 1
   */
  public record Fit(long slide, double share) {}

  /** For all guests that may run {@code image}. */
  public ImagePlacement(KernelImage image) {
    base = image.base();
    entries = ImageEntries.of(image);
    Optional<ImageSection> text = image.section(TEXT);
    int length = text.map(section -> section.bytes().length).orElse(0);
    int step = Math.max(SAMPLE_BYTES, length / SAMPLES & -SAMPLE_BYTES);
    int count = length / step;
    places = new int[count];
    samples = new byte[count * SAMPLE_BYTES];
    for (int i = 0; i < count; i++) {
      // Sections begin on pages, so that no sample lies in two.
      places[i] = text.get().offset() + i * step;
      System.arraycopy(text.get().bytes(), i * step, samples, i * SAMPLE_BYTES, SAMPLE_BYTES);
    }
  }

  /** Where the image has the hardware's roots lead. */
  public ImageEntries entries() {
    return entries;
  }

  /** The slide, or empty if the guest does not run this image. */
  public OptionalLong slide(List<HardwareRoot> roots, VirtualMemory memory) {
    return fit(roots, memory).stream().mapToLong(Fit::slide).findFirst();
  }

  /** Where the image fits the guest best, or empty if it does not. */
  public Optional<Fit> fit(List<HardwareRoot> roots, VirtualMemory memory) {
    Map<Long, Integer> votes = new HashMap<>();
    for (HardwareRoot root : roots) {
      for (long offset : entries.of(root.kind(), root.vector())) {
        long slide = root.target().value() - base - offset;
        if (slide % ALIGNMENT == 0) {
          votes.merge(slide, 1, Integer::sum);
        }
      }
    }
    List<Fit> fits = new ArrayList<>();
    votes.entrySet().stream()
        .sorted(
            Map.Entry.<Long, Integer>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(MOST_CANDIDATES)
        .mapToLong(Map.Entry::getKey)
        .mapToObj(slide -> new Fit(slide, share(slide, memory)))
        .filter(fit -> 2 * fit.share() > 1)
        .forEach(fits::add);
    return fits.stream().max(Comparator.comparingDouble(Fit::share));
  }

  private double share(long slide, VirtualMemory memory) {
    int equal = 0;
    for (int i = 0; i < places.length; i++) {
      Optional<PageBytes> page = memory.pageAt(base + slide + places[i]);
      if (page.isPresent()) {
        int inPage = places[i] & PageBytes.SIZE - 1;
        for (int at = 0; at < SAMPLE_BYTES; at++) {
          int expected = samples[i * SAMPLE_BYTES + at] & 0xff;
          equal += page.get().byteAt(inPage + at) == expected ? 1 : 0;
        }
      }
    }
    // What cannot be read confirms nothing: a wrong slide may hit a few pages of text only.
    return samples.length == 0 ? 0 : (double) equal / samples.length;
  }
}
