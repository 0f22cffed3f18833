package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.ExecutableRange;
import io.plumbline.introspection.reach.GuestKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Which frames hold the code of a guest, and whether they still hold what was looked at. */
final class CodeFrames {
  private final GuestKernel kernel;

  /** Numbers of the frames, in order, one for each page. */
  private long[] frames = {};

  /** Linear addresses of the pages. */
  private long[] addresses = {};

  CodeFrames(GuestKernel kernel) {
    this.kernel = kernel;
  }

  /** Visits the frames. */
  void forEach(LongConsumer visitor) {
    list();
    Arrays.stream(frames).distinct().forEach(visitor);
  }

  /** Linear addresses of the pages of code that a frame holds. */
  List<Long> pagesOf(FrameNumber frame) {
    list();
    List<Long> of = new ArrayList<>(1);
    int place = Arrays.binarySearch(frames, frame.value());
    while (place > 0 && frames[place - 1] == frame.value()) {
      place--;
    }
    for (; place >= 0 && place < frames.length && frames[place] == frame.value(); place++) {
      of.add(addresses[place]);
    }
    return of;
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

  private record Page(long frame, long address) {}

  private void list() {
    if (frames.length == 0) {
      List<Page> pages = new ArrayList<>();
      for (ExecutableRange range : kernel.executable().kernelRanges()) {
        range.forEachPage((address, frame) -> pages.add(new Page(frame, address)));
      }
      pages.sort(Comparator.comparingLong(Page::frame));
      frames = pages.stream().mapToLong(Page::frame).toArray();
      addresses = pages.stream().mapToLong(Page::address).toArray();
    }
  }
}
