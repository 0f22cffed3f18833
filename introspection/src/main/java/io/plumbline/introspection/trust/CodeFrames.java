package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.FramePages;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.RisingNumbers;
import io.plumbline.introspection.paging.ExecutableRange;
import io.plumbline.introspection.reach.GuestKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/** Which frames hold the code of a guest, and whether they still hold what was looked at. */
final class CodeFrames {
  private final GuestKernel kernel;

  /** Linear addresses of the pages, by their number. */
  private RisingNumbers addresses;

  /** Null until somebody asks. */
  private FramePages byFrame;

  CodeFrames(GuestKernel kernel) {
    this.kernel = kernel;
  }

  /** Visits the frame of each page. */
  void forEach(LongConsumer visitor) {
    byFrame().forEach(visitor);
  }

  /** Linear addresses of the pages of code that a frame holds. */
  List<Long> pagesOf(FrameNumber frame) {
    List<Long> held = new ArrayList<>(1);
    byFrame().allOf(frame.value(), page -> held.add(addresses.get(page)));
    return held;
  }

  /**
   * Whether the page of code at an address is not what was looked at. Of code that was given back
   * nobody can tell any more.
   */
  boolean isChanged(long address, Optional<PageBytes> now) {
    boolean wasRead = kernel.code().regionAt(address).isPresent();
    return wasRead != now.isPresent()
        || (wasRead && (kernel.code().isGivenBack() || !kernel.code().holds(address, now.get())));
  }

  /** Whether a frame holds a page of code that is not what was looked at. */
  boolean isChanged(FrameNumber frame, PageSource guest) {
    List<Long> held = pagesOf(frame);
    if (held.isEmpty()) {
      return false;
    }
    Optional<PageBytes> now = guest.read(frame);
    return held.stream().anyMatch(address -> isChanged(address, now));
  }

  private FramePages byFrame() {
    if (byFrame == null) {
      LongStream.Builder starts = LongStream.builder();
      LongStream.Builder frames = LongStream.builder();
      for (ExecutableRange range : kernel.executable().kernelRanges()) {
        range.forEachPage(
            (address, frame) -> {
              starts.add(address);
              frames.add(frame);
            });
      }
      addresses = RisingNumbers.of(starts.build().toArray(), PageBytes.SIZE);
      byFrame = FramePages.of(frames.build().toArray(), addresses.size());
    }
    return byFrame;
  }
}
