package io.plumbline.introspection.drill;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestPhysicalAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A guest's memory with changes, copied where it is written. It also hands out frames that the
 * guest does not have, so that what an attacker brings along overwrites nothing by accident. Not
 * for several threads while it is written.
 */
public final class TamperedMemory implements PageSource {
  /** Beyond the memory of any guest, within what four-level tables can name: 128 TiB. */
  private static final long FIRST_FRESH = 1L << 35;

  private final PageSource guest;
  private final Map<Long, PageBytes> changed = new HashMap<>();
  private long nextFresh = FIRST_FRESH;

  /** The memory of a guest, nothing changed yet. */
  public TamperedMemory(PageSource guest) {
    this.guest = guest;
  }

  @Override
  public Optional<PageBytes> read(FrameNumber frame) {
    PageBytes own = changed.get(frame.value());
    return own == null ? guest.read(frame) : Optional.of(own);
  }

  /** A frame of zeros that the guest does not have. */
  public FrameNumber fresh() {
    while (guest.read(new FrameNumber(nextFresh)).isPresent()) {
      nextFresh++;
    }
    changed.put(nextFresh, PageBytes.ZERO);
    return new FrameNumber(nextFresh++);
  }

  /**
   * Writes bytes that lie in one frame.
   *
   * @throws NoPlaceException if the guest's frame cannot be read
   * @throws IndexOutOfBoundsException if they reach beyond the frame
   */
  public void write(GuestPhysicalAddress address, byte[] bytes) {
    FrameNumber frame = FrameNumber.holding(address);
    byte[] page =
        read(frame)
            .map(PageBytes::toByteArray)
            .orElseThrow(() -> new NoPlaceException("frame " + frame + " cannot be read"));
    System.arraycopy(bytes, 0, page, address.offsetInFrame(), bytes.length);
    // A new page each time: whoever holds the old one is promised that it does not change.
    changed.put(frame.value(), PageBytes.wrap(page));
  }

  /** How many frames differ from the guest's or are not the guest's. */
  public int changedFrames() {
    return changed.size();
  }
}
