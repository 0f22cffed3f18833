package io.plumbline.introspection.golden;

/** How a field of a golden instruction changes when the kernel's base moves. */
public enum FieldRule {
  /** A 32-bit absolute address: the slide is added. */
  ABSOLUTE_32(4),
  /** A 64-bit absolute address: the slide is added. */
  ABSOLUTE_64(8),
  /** A 32-bit distance from moving code to a place that stays: the slide is subtracted. */
  INVERSE_32(4),
  /** One byte that the kernel sets once per boot (a run-time constant's shift): any value. */
  FREE_8(1),
  /** Four bytes that the kernel sets once per boot: any value. */
  FREE_32(4),
  /** Eight bytes that the kernel sets once per boot (a run-time constant's pointer): any value. */
  FREE_64(8);

  private final int size;

  FieldRule(int size) {
    this.size = size;
  }

  /** Bytes of the field. */
  public int size() {
    return size;
  }

  /** Changes the field at {@code at} of code that moves up by {@code slide} bytes. */
  public void move(byte[] code, int at, long slide) {
    if (free()) {
      return;
    }
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = (value << 8) | (code[at + i] & 0xff);
    }
    value += this == INVERSE_32 ? -slide : slide;
    for (int i = 0; i < size; i++) {
      code[at + i] = (byte) (value >>> (8 * i));
    }
  }

  /** Whether any value is accepted; counted and reported, because it is a blind spot. */
  public boolean free() {
    return this == FREE_8 || this == FREE_32 || this == FREE_64;
  }
}
