package io.plumbline.introspection.memory;

/**
 * A byte address in the guest's physical memory, as the guest's page tables name it.
 *
 * @param value bytes, 0 to 2^52 - 1
 */
public record GuestPhysicalAddress(long value) {
  public GuestPhysicalAddress {
    if (value < 0 || value >= FrameNumber.LIMIT << FrameNumber.SHIFT) {
      throw new IllegalArgumentException(
          "guest physical address: expected 0 to 2^52-1, found 0x" + Long.toHexString(value));
    }
  }

  /** The byte's place inside its 4 KiB frame, 0 to 4095. */
  public int offsetInFrame() {
    return (int) value & (PageBytes.SIZE - 1);
  }

  @Override
  public String toString() {
    return String.format("0x%016x", value);
  }
}
