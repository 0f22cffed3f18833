package io.plumbline.introspection.paging;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.GuestPhysicalAddress;
import io.plumbline.introspection.memory.PageBytes;

/**
 * The end of one address's walk, packed into a {@code long} so that hot loops allocate nothing.
 *
 * <p>From bit 0: the frame (of the page, or of the table where the walk ended) in 40 bits, the
 * level in 4, the rights in 4; from bit 60 the outcome. Every outcome but {@link #MAPPED} sets bit
 * 63, so that failures are negative.
 */
final class Walk {
  static final int MAPPED = 0;
  static final int NOT_MAPPED = 8;
  static final int UNREADABLE = 9;
  static final int MALFORMED = 10;
  static final int NOT_CANONICAL = 11;

  private static final int LEVEL_SHIFT = 40;
  private static final int RIGHTS_SHIFT = 44;
  private static final int OUTCOME_SHIFT = 60;
  private static final long FRAME = FrameNumber.LIMIT - 1;

  private Walk() {}

  static long mapped(long frame, int level, int rights) {
    return frame | (long) level << LEVEL_SHIFT | (long) rights << RIGHTS_SHIFT;
  }

  static long failed(int outcome, long tableFrame, int level) {
    return (long) outcome << OUTCOME_SHIFT | mapped(tableFrame, level, 0);
  }

  static long frame(long walk) {
    return walk & FRAME;
  }

  static Rights rights(long walk) {
    return Rights.of((int) (walk >>> RIGHTS_SHIFT) & Rights.ALL);
  }

  private static int level(long walk) {
    return (int) (walk >>> LEVEL_SHIFT) & 0xf;
  }

  /**
   * The same as a value with types.
   *
   * @param offset of the byte in its 4 KiB page
   * @param pageSize of a page that a table of the given level maps, by level number
   */
  static Translation describe(long walk, int offset, long[] pageSize) {
    FrameNumber frame = new FrameNumber(frame(walk));
    return switch ((int) (walk >>> OUTCOME_SHIFT)) {
      case MAPPED ->
          new Translation.Mapped(
              new GuestPhysicalAddress(frame.value() << FrameNumber.SHIFT | offset),
              pageSize[level(walk)],
              rights(walk));
      case NOT_MAPPED -> new Translation.NotMapped(level(walk));
      case UNREADABLE -> new Translation.Unreadable(frame, level(walk));
      case MALFORMED -> new Translation.Malformed(frame, level(walk));
      case NOT_CANONICAL -> new Translation.NotCanonical();
      default ->
          throw new IllegalStateException("walk: no such outcome 0x" + Long.toHexString(walk));
    };
  }

  static long entry(PageBytes page, int offset, int bytes) {
    return bytes == Long.BYTES ? page.longAt(offset) : page.intAt(offset) & 0xffff_ffffL;
  }
}
