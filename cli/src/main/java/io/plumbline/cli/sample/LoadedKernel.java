package io.plumbline.cli.sample;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.golden.image.RelocatedPages;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.verify.image.ImageVerifier;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where a boot loader put a kernel.
 *
 * @param slide bytes between where the image is linked and where the guest has it
 * @param firstFrame frame of the image's first byte; the others follow without a gap
 */
public record LoadedKernel(long slide, long firstFrame) {
  /** Names of the notes that a recording carries. */
  private static final String SLIDE = "kernel-slide";

  private static final String FIRST_FRAME = "kernel-first-frame";

  /** Where a guest has the kernel; empty if it runs another one. */
  public static Optional<LoadedKernel> of(Guest guest, KernelImage kernel) {
    Optional<GuestKernel> seen =
        GuestKernel.of(guest.memory(), guest.vcpus(), ExplorationBudget.STANDARD).kernel();
    if (seen.isEmpty()) {
      return Optional.empty();
    }
    OptionalLong slide = new ImageVerifier(kernel).slide(seen.get().roots(), seen.get().space());
    return slide.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new LoadedKernel(
                slide.getAsLong(),
                seen.get().space().translateToFrame(kernel.base() + slide.getAsLong())));
  }

  /** As {@link #notes} told it; empty if a recording is told against no kernel. */
  static Optional<LoadedKernel> ofNotes(Map<String, String> notes) {
    if (!notes.containsKey(SLIDE) || !notes.containsKey(FIRST_FRAME)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new LoadedKernel(Long.decode(notes.get(SLIDE)), Long.decode(notes.get(FIRST_FRAME))));
    } catch (NumberFormatException e) { // somebody else's notes of these names
      return Optional.empty();
    }
  }

  /** For the header of a recording that is told against the kernel. */
  public Map<String, String> notes() {
    return Map.of(
        SLIDE, String.format("%#x", slide), FIRST_FRAME, String.format("%#x", firstFrame));
  }

  /**
   * What the guest's frames held before the kernel ran: every whole page of the file's sections.
   */
  public Map<FrameNumber, PageBytes> pages(KernelImage kernel) {
    int end = kernel.sections().stream().mapToInt(ImageSection::end).max().orElse(0);
    int count = end / PageBytes.SIZE;
    byte[] bytes = RelocatedPages.of(kernel).at(0, count, slide);
    Map<FrameNumber, PageBytes> pages = new HashMap<>();
    for (int i = 0; i < count; i++) {
      pages.put(new FrameNumber(firstFrame + i), PageBytes.wrap(bytes, i * PageBytes.SIZE));
    }
    return pages;
  }
}
