package io.plumbline.introspection.memory;

/**
 * A linear address of the guest, as code and descriptor tables name it. Ordered as unsigned, so
 * that the kernel's half lies above the user's.
 *
 * @param value bytes; 64-bit guests use canonical addresses, 32-bit guests 0 to 2^32 - 1
 */
public record GuestVirtualAddress(long value) implements Comparable<GuestVirtualAddress> {
  /** The address {@code bytes} further on; wraps as the processor's address arithmetic does. */
  public GuestVirtualAddress plus(long bytes) {
    return new GuestVirtualAddress(value + bytes);
  }

  /** The byte's place inside its 4 KiB page, 0 to 4095. */
  public int offsetInPage() {
    return (int) value & (PageBytes.SIZE - 1);
  }

  @Override
  public int compareTo(GuestVirtualAddress other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return String.format("0x%016x", value);
  }
}
