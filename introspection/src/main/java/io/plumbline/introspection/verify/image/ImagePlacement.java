package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where a guest has an image: each hardware root proposes the slide that would make it the entry
 * that the image has for it, and the slide that most propose is confirmed by samples of text. Half
 * of the sampled bytes must be the image's: boots patch fewer, other builds share far fewer, and no
 * single change makes an image be overlooked.
 */
public final class ImagePlacement {
  /** Different slides that are tried before giving up; an honest guest has one. */
  private static final int MOST_CANDIDATES = 8;

  private static final int SAMPLES = 256;
  private static final int SAMPLE_BYTES = 16;

  private final ImageLayout layout;

  /** For all guests that may run {@code layout}'s image. */
  public ImagePlacement(ImageLayout layout) {
    this.layout = layout;
  }

  /** The slide, a multiple of 4096 in bytes, or empty if the guest does not run this image. */
  public OptionalLong slide(List<HardwareRoot> roots, VirtualMemory memory) {
    Map<Long, Integer> votes = new HashMap<>();
    for (HardwareRoot root : roots) {
      for (String name : EntryNames.of(root)) {
        OptionalLong at = layout.names().find(name);
        long slide = root.target().value() - layout.base() - at.orElse(0);
        if (at.isPresent() && slide % PageBytes.SIZE == 0) {
          votes.merge(slide, 1, Integer::sum);
        }
      }
    }
    return votes.entrySet().stream()
        .sorted(
            Map.Entry.<Long, Integer>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(MOST_CANDIDATES)
        .mapToLong(Map.Entry::getKey)
        .filter(slide -> isConfirmed(slide, memory))
        .findFirst();
  }

  private boolean isConfirmed(long slide, VirtualMemory memory) {
    byte[] golden = layout.golden();
    int step = Math.max(SAMPLE_BYTES, layout.textBytes() / SAMPLES);
    int read = 0;
    int equal = 0;
    for (int at = 0; at + SAMPLE_BYTES <= layout.textBytes(); at += step) {
      // On a page's last bytes a sample would have to be read from two.
      int place = at & -SAMPLE_BYTES;
      Optional<PageBytes> page = memory.pageAt(layout.base() + slide + place);
      for (int i = 0; page.isPresent() && i < SAMPLE_BYTES; i++) {
        int inPage = (place & PageBytes.SIZE - 1) + i;
        equal += page.get().byteAt(inPage) == (golden[place + i] & 0xff) ? 1 : 0;
        read++;
      }
    }
    return read > 0 && 2 * equal > read;
  }
}
