package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.GuestImage;
import io.plumbline.introspection.golden.image.RelocatedPages;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the pages of a judged VM small. What the kernel's image says is not kept once more for each
 * VM; nothing is left out, so that later deltas, verdicts and savepoints find the same bytes.
 */
final class PageShrinking {
  private static final Logger LOG = LoggerFactory.getLogger(PageShrinking.class);

  private final VmMemory memory;
  private final CapturedPages pages;
  private final VerdictPages seen;

  private PageShrinking(VmMemory memory, CapturedPages pages, VerdictPages seen) {
    this.memory = memory;
    this.pages = pages;
    this.seen = seen;
  }

  /**
   * Shrinks what came whole since the last time, if the VM's kernel is that of a package.
   *
   * @param seen the same pages as the verdict read them, so that most need not be read once more
   * @param changed frames that may have come since; empty for any
   */
  static void after(
      Identity identity,
      List<VcpuState> vcpus,
      VmMemory memory,
      CapturedPages pages,
      VerdictPages seen,
      SharedImages images,
      Optional<List<FrameNumber>> changed) {
    PageShrinking shrinking = new PageShrinking(memory, pages, seen);
    if (changed.isPresent() && shrinking.isPlaced(identity)) {
      shrinking.shrink(visitor -> visit(changed.get(), memory, visitor));
    } else {
      shrinking.place(identity, vcpus, images);
      if (pages.image() != null) {
        shrinking.shrink(memory::forEachPage);
      }
    }
  }

  /** Shows those of some frames that are kept on their own. */
  private static void visit(
      List<FrameNumber> frames, VmMemory memory, VmMemory.PageVisitor visitor) {
    for (FrameNumber frame : frames) {
      byte[] stored = memory.page(frame.value());
      if (stored != null) {
        visitor.see(frame.value(), stored);
      }
    }
  }

  /** Whether pages are kept as differences from the image of that build already. */
  private boolean isPlaced(Identity identity) {
    GuestImage image = pages.image();
    return image != null
        && identity.slide() == image.slide()
        && identity.signature().filter(id -> id.value().equals(image.signature())).isPresent();
  }

  /** Finds the image; pages that are held of another one are taken out of it first. */
  private void place(Identity identity, List<VcpuState> vcpus, SharedImages images) {
    Optional<RelocatedPages> found = image(identity, images);
    if (found.isEmpty()) {
      return;
    }
    String signature = identity.signature().orElseThrow().value();
    OptionalLong first = KernelPlace.firstFrame(found.get(), identity.slide(), vcpus, seen);
    if (first.isEmpty()) {
      return;
    }
    GuestImage now = new GuestImage(signature, identity.slide(), first.getAsLong(), new long[0]);
    if (!sameAs(pages.image(), now)) {
      takeOut();
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

  private void takeOut() {
    BitSet held = pages.held();
    for (int page = held.nextSetBit(0); page >= 0; page = held.nextSetBit(page + 1)) {
      long frame = pages.image().firstFrame() + page;
      memory.keepPage(frame, pages.read(new FrameNumber(frame)).orElseThrow().toByteArray());
    }
    memory.dropImageBlocks();
  }

  private void shrink(Consumer<VmMemory.PageVisitor> came) {
    Map<Integer, List<Long>> blocks = new TreeMap<>();
    Map<Long, byte[]> alone = new TreeMap<>();
    came.accept(
        (frame, stored) -> {
          int page = pages.imagePage(frame);
          if (page >= 0) {
            blocks.computeIfAbsent(page / ImageBlock.PAGES, b -> new ArrayList<>()).add(frame);
          } else if (StoredPage.isWhole(stored)) {
            alone.put(frame, StoredPage.shrunk(stored));
          }
        });
    alone.forEach(memory::keepPage);
    blocks.forEach(this::intoBlock);
    pages.flush();
  }

  private void intoBlock(int number, List<Long> frames) {
    byte[] guest = pages.block(number);
    BitSet moved = new BitSet();
    for (long frame : frames) {
      int page = pages.imagePage(frame);
      seen.read(new FrameNumber(frame))
          .orElseThrow()
          .copyTo(0, guest, page % ImageBlock.PAGES * PageBytes.SIZE, PageBytes.SIZE);
      moved.set(page);
    }
    pages.keepBlock(number, guest, moved);
    frames.forEach(memory::dropPage);
  }
}
