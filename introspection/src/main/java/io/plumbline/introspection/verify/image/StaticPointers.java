package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The pointers to functions that an image has in its writable data, told by its relocations. The
 * kernel may change them while it runs, but only to functions.
 *
 * @param slots where they are, as offsets from the image's base, ascending
 * @param functions what the image has there, as offsets, by the same index
 */
public record StaticPointers(int[] slots, int[] functions) {

  static StaticPointers of(ImageLayout layout) {
    KernelImage image = layout.image();
    List<int[]> found = new ArrayList<>();
    for (int slot : image.relocations().absolute64()) {
      Optional<ImageSection> section = image.sectionAt(slot).filter(ImageSection::writable);
      if (section.isPresent()
          && !isFreed(layout, slot)
          && slot <= section.get().end() - Long.BYTES) {
        long target =
            Bytes.longAt(section.get().bytes(), slot - section.get().offset()) - layout.base();
        if (layout.names().isEntry(target)) {
          found.add(new int[] {slot, (int) target});
        }
      }
    }
    return new StaticPointers(
        found.stream().mapToInt(each -> each[0]).toArray(),
        found.stream().mapToInt(each -> each[1]).toArray());
  }

  /** Whether the kernel gives the memory back when it has booted. */
  private static boolean isFreed(ImageLayout layout, int slot) {
    OptionalLong from = layout.names().find("__init_begin");
    OptionalLong to = layout.names().find("__init_end");
    return from.isPresent() && to.isPresent() && slot >= from.getAsLong() && slot < to.getAsLong();
  }

  /** How many there are. */
  public int size() {
    return slots.length;
  }
}
