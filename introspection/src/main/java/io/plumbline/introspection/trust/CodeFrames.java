package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.ExecutableRange;
import io.plumbline.introspection.reach.GuestKernel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Which frames hold the code of a guest, and whether they still hold what was looked at. */
final class CodeFrames {
  private final GuestKernel kernel;
  private Map<Long, List<Long>> pages = Map.of();

  CodeFrames(GuestKernel kernel) {
    this.kernel = kernel;
  }

  /** Visits the frames. */
  void forEach(LongConsumer visitor) {
    if (pages.isEmpty()) {
      pages = pages();
    }
    pages.keySet().forEach(visitor::accept);
  }

  /** Linear addresses of the pages of code that a frame holds. */
  List<Long> pagesOf(FrameNumber frame) {
    if (pages.isEmpty()) {
      pages = pages();
    }
    return pages.getOrDefault(frame.value(), List.of());
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

  private Map<Long, List<Long>> pages() {
    Map<Long, List<Long>> byFrame = new HashMap<>();
    for (ExecutableRange range : kernel.executable().kernelRanges()) {
      range.forEachPage(
          (address, frame) ->
              byFrame.computeIfAbsent(frame, fresh -> new ArrayList<>(1)).add(address));
    }
    return byFrame;
  }
}
