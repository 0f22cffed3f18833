package io.plumbline.introspection.hardware;

/**
 * A segment register with its hidden part (Intel SDM volume 3A, section 3.4.3).
 *
 * @param selector 16 bits
 * @param base linear address of the segment's first byte
 * @param limit last valid offset, in bytes, granularity already applied
 * @param flags the second 32 bits of the descriptor as it lies in the table (section 3.4.5): type
 *     in bits 8-11, S 12, DPL 13-14, P 15, L 21, D/B 22, G 23
 */
public record Segment(int selector, long base, long limit, int flags) {
  /** A null segment. */
  static final Segment NONE = at(0);

  /** Of a segment that only its base is known of. */
  static Segment at(long base) {
    return new Segment(0, base, 0, 0);
  }

  /** The requested privilege level in the selector; in CS this is the CPL. */
  public int privilegeLevel() {
    return selector & 3;
  }

  /** The L bit: this code segment runs in 64-bit mode. */
  public boolean longMode() {
    return (flags & 1 << 21) != 0;
  }
}
