package io.plumbline.introspection.memory;

/**
 * A guest frame number: the guest physical address divided by 4096. Always counted in 4 KiB frames,
 * whatever page size maps the frame.
 *
 * @param value 0 to 2^40 - 1 (52 physical address bits, Intel SDM volume 3A, section 4.1.4)
 */
public record FrameNumber(long value) implements Comparable<FrameNumber> {
  /** Bits of a guest physical address below the frame number. */
  public static final int SHIFT = 12;

  /** Frame numbers an x86 page table can name. */
  public static final long LIMIT = 1L << 40;

  public FrameNumber {
    if (value < 0 || value >= LIMIT) {
      throw new IllegalArgumentException(
          "guest frame number: expected 0 to 2^40-1, found " + Long.toHexString(value));
    }
  }

  /** The frame that holds this guest physical address. */
  public static FrameNumber holding(GuestPhysicalAddress address) {
    return new FrameNumber(address.value() >>> SHIFT);
  }

  /** The first byte of this frame. */
  public GuestPhysicalAddress start() {
    return new GuestPhysicalAddress(value << SHIFT);
  }

  @Override
  public int compareTo(FrameNumber other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return "0x" + Long.toHexString(value);
  }
}
