package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.GuestImage;
import io.plumbline.introspection.golden.image.RelocatedPages;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the pages of a judged VM small. What the kernel's image says is not kept once more for each
 * VM; nothing is left out, so that later deltas, verdicts and savepoints find the same bytes.
 */
final class PageShrinking {
  private static final Logger LOG = LoggerFactory.getLogger(PageShrinking.class);

  private PageShrinking() {}

  /**
   * Shrinks what came whole since the last time, if the VM's kernel is that of a package.
   *
   * @param pages as the verdict read them, so that most need not be read once more
   * @param changed frames that may have come since; empty for any
   */
  static void after(
      Identity identity,
      List<VcpuState> vcpus,
      CapturedPages pages,
      SharedImages images,
      Optional<List<FrameNumber>> changed) {
    if (changed.isPresent() && isPlaced(identity, pages.image())) {
      pages.pack(changed.get());
    } else {
      place(identity, vcpus, pages, images);
      if (pages.image() != null) {
        pages.pack();
      }
    }
  }

  /** Whether pages are kept as differences from the image of that build already. */
  private static boolean isPlaced(Identity identity, GuestImage image) {
    return image != null
        && identity.slide() == image.slide()
        && identity.signature().filter(id -> id.value().equals(image.signature())).isPresent();
  }

  /** Finds the image; pages that are packed over another one are taken out of it. */
  private static void place(
      Identity identity, List<VcpuState> vcpus, CapturedPages pages, SharedImages images) {
    Optional<RelocatedPages> found = image(identity, images);
    if (found.isEmpty()) {
      return;
    }
    String signature = identity.signature().orElseThrow().value();
    OptionalLong first = KernelPlace.firstFrame(found.get(), identity.slide(), vcpus, pages);
    if (first.isEmpty()) {
      return;
    }
    GuestImage now = new GuestImage(signature, identity.slide(), first.getAsLong(), new long[0]);
    if (!sameAs(pages.image(), now)) {
      pages.take(now, found.get());
    }
  }

  private static Optional<RelocatedPages> image(Identity identity, SharedImages images) {
    if (identity.signature().isEmpty()) {
      return Optional.empty();
    }
    try {
      return images.of(identity.signature().get().value());
    } catch (IOException e) {
      // The verdict stands; its pages stay as they are until the next one.
      LOG.warn("event=not_shrunk signature={} reason={}", identity.signature().get(), e.toString());
      return Optional.empty();
    }
  }

  private static boolean sameAs(GuestImage one, GuestImage other) {
    return one != null
        && one.signature().equals(other.signature())
        && one.slide() == other.slide()
        && one.firstFrame() == other.firstFrame();
  }
}
