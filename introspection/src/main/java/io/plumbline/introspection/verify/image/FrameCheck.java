package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.CachedWalk;
import io.plumbline.introspection.paging.Translation;
import io.plumbline.introspection.verify.patch.GuestWords;
import io.plumbline.introspection.verify.patch.ImageLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Whether each page of the image is the frame that it should be. The kernel loads an image into
 * contiguous physical memory and maps all of it once more in its direct map: a page whose frame
 * lies elsewhere was remapped, which changes code without writing it.
 */
final class FrameCheck {
  private static final int PAGE = PageBytes.SIZE;
  private static final int MOST_REMAPPED = 256;

  private final ImageLayout layout;
  private final long address;
  private final AddressSpace space;
  private final CachedWalk walk;
  private final PageSource memory;
  private final long[] frames;
  private final List<RemappedPage> remapped = new ArrayList<>();
  private final List<String> blindSpots = new ArrayList<>();

  FrameCheck(ImageLayout layout, long slide, AddressSpace space, PageSource memory, long[] frames) {
    this.layout = layout;
    this.address = layout.base() + slide;
    this.space = space;
    this.walk = new CachedWalk(space);
    this.memory = memory;
    this.frames = frames;
  }

  void check(GuestWords words) {
    int pages = layout.verifiedBytes() / PAGE;
    OptionalLong first = firstFrame(pages);
    if (first.isEmpty()) {
      blindSpots.add("the image is not contiguous in physical memory: remapping cannot be told");
      return;
    }
    long directMap = DirectMap.start(layout, address, space.mode(), words);
    boolean usable = isDirectMap(directMap, first.getAsLong());
    if (!usable) {
      blindSpots.add("the direct map's tables do not show the kernel: its alias is not compared");
    }
    for (int page = 0; page < pages && remapped.size() < MOST_REMAPPED; page++) {
      long offset = layout.offsetOf(page * PAGE);
      long expected = first.getAsLong() + offset / PAGE;
      if (frames[page] >= 0 && frames[page] != expected) {
        add(address + offset, expected, frames[page], false);
      }
      if (usable) {
        checkAlias(directMap + expected * PAGE, address + offset, expected);
      }
    }
  }

  private void checkAlias(long alias, long page, long expected) {
    long actual = walk.frameAt(alias);
    if (actual != expected && actual >= 0) {
      add(page, expected, actual, true);
    }
  }

  private void add(long page, long expected, long actual, boolean alias) {
    remapped.add(new RemappedPage(page, expected, actual, alias, sameContent(expected, actual)));
  }

  private boolean sameContent(long a, long b) {
    Optional<PageBytes> one = memory.read(new FrameNumber(a));
    Optional<PageBytes> other = memory.read(new FrameNumber(b));
    return one.isPresent() && other.isPresent() && one.get().contentEquals(other.get());
  }

  /** The frame of offset 0 that most pages agree on (Boyer and Moore's majority vote). */
  private OptionalLong firstFrame(int pages) {
    long candidate = -1;
    int balance = 0;
    for (int page = 0; page < pages; page++) {
      if (frames[page] >= 0) {
        long first = frames[page] - layout.offsetOf(page * PAGE) / PAGE;
        if (balance == 0) {
          candidate = first;
        }
        balance += first == candidate ? 1 : -1;
      }
    }
    return balance > 0 && candidate >= 0 ? OptionalLong.of(candidate) : OptionalLong.empty();
  }

  /** Whether it shows at least one of the image's first frames where it should. */
  private boolean isDirectMap(long directMap, long first) {
    return (directMap & PAGE - 1) == 0
        && space.translate(new GuestVirtualAddress(directMap + first * PAGE))
            instanceof Translation.Mapped;
  }

  List<RemappedPage> remapped() {
    return remapped;
  }

  List<String> blindSpots() {
    return blindSpots;
  }
}
