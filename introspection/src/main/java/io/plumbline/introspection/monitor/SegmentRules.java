package io.plumbline.introspection.monitor;

import java.util.Optional;

/**
 * What a kernel has in its GDT ({@code arch/x86/kernel/cpu/common.c}, {@code gdt_page}; {@code
 * arch/x86/include/asm/segment.h}). Besides its segments there are one TSS, one LDT, three segments
 * of the running program's, and one whose limit is the processor's number.
 */
final class SegmentRules {
  /** Bytes of the table, minus one. */
  static final int LIMIT = 0x7f;

  /**
   * What an exit from a guest of its own leaves, until the kernel loads the register again (Intel
   * SDM volume 3C, section 27.5.2; {@code load_fixmap_gdt}).
   */
  static final int LIMIT_AFTER_EXIT = 0xffff;

  /** Descriptors in it. */
  static final int DESCRIPTORS = 16;

  /** Descriptors in the page that it has for itself. */
  static final int IN_PAGE = 512;

  /** {@code GDT_ENTRY_TSS} and the second half of it. */
  static final int TASK = 8;

  private static final int LOCAL_TABLE = 10;
  private static final int FIRST_OF_PROGRAM = 12;
  private static final int LAST_OF_PROGRAM = 14;
  private static final int NUMBER = 15;

  /** Null, KERNEL32_CS, KERNEL_CS, KERNEL_DS, USER32_CS, USER_DS, USER_CS, unused. */
  private static final long[] FIXED = {
    0,
    0x00cf9b000000ffffL,
    0x00af9b000000ffffL,
    0x00cf93000000ffffL,
    0x00cffb000000ffffL,
    0x00cff3000000ffffL,
    0x00affb000000ffffL,
    0
  };

  /** The number's descriptor, without the limit that is the number. */
  private static final long NUMBERED = 0x0040f50000000000L;

  private static final long LIMIT_BITS = 0x000f00000000ffffL;

  /** Set by the processor when a segment is loaded. */
  private static final long ACCESSED = 1L << 40;

  /** S and the type, DPL, and P of a descriptor (Intel SDM volume 3A, figure 3-8). */
  private static final int TYPE_SHIFT = 40;

  private static final int TASK_BUSY = 2;
  private static final int TASK_64 = 0x89;
  private static final int LOCAL_64 = 0x82;

  /** S and DPL 3. */
  private static final long OF_PROGRAM = 0x7L << 44;

  private SegmentRules() {}

  /**
   * What is expected in place of the descriptor at {@code index}, which is not the TSS's; empty if
   * it may be there.
   *
   * @param high the descriptor behind it, the second half of a system segment
   */
  static Optional<String> fault(int index, long descriptor, long high) {
    if (index < FIXED.length) {
      boolean same = ((descriptor ^ FIXED[index]) & ~accessed(index)) == 0;
      return same ? Optional.empty() : Optional.of(String.format("0x%016x", FIXED[index]));
    }
    if (index == LOCAL_TABLE) {
      boolean table = access(descriptor) == LOCAL_64 && high >>> Integer.SIZE == 0;
      boolean none = descriptor == 0 && high == 0;
      return none || table ? Optional.empty() : Optional.of("an LDT or 0");
    }
    if (index >= FIRST_OF_PROGRAM && index <= LAST_OF_PROGRAM) {
      return programFault(descriptor);
    }
    if (index == NUMBER) {
      boolean same = ((descriptor ^ NUMBERED) & ~(LIMIT_BITS | ACCESSED)) == 0;
      return same ? Optional.empty() : Optional.of(String.format("0x%016x", NUMBERED));
    }
    // Else the second half of the descriptor before, or what is behind the table.
    boolean free = index < DESCRIPTORS || descriptor == 0;
    return free ? Optional.empty() : Optional.of("0");
  }

  /** Whether GDTR may have this limit. */
  static boolean isLimit(int limit) {
    return limit == LIMIT || limit == LIMIT_AFTER_EXIT;
  }

  /** The same for a descriptor that a program may set: {@code fill_ldt} of asm/desc.h. */
  static Optional<String> programFault(long descriptor) {
    boolean allowed = descriptor == 0 || (descriptor & OF_PROGRAM) == OF_PROGRAM;
    return allowed ? Optional.empty() : Optional.of("a program's segment or 0");
  }

  /** Whether the descriptor at {@link #TASK} is that of a 64-bit TSS at {@code base}. */
  static boolean isTask(long descriptor, long high, long base) {
    long low = (descriptor >>> 16 & 0xffffff) | (descriptor >>> 56) << 24;
    long found = low | (high & 0xffffffffL) << 32;
    return (access(descriptor) & ~TASK_BUSY) == TASK_64
        && high >>> Integer.SIZE == 0
        && found == base;
  }

  private static int access(long descriptor) {
    return (int) (descriptor >>> TYPE_SHIFT) & 0xff;
  }

  private static long accessed(int index) {
    return FIXED[index] == 0 ? 0 : ACCESSED;
  }
}
