package io.plumbline.introspection.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What lies in the GDT and the TSS of a synthetic guest. */
final class SyntheticDescriptors {
  private static final int GDT_BYTES = 0x80;
  private static final int TASK_BYTES = 104;
  private static final int STACKS = 5;

  private SyntheticDescriptors() {}

  /**
   * The segments of a 64-bit kernel: its own and programs' code and data, the TSS, a number.
   *
   * @param task linear address of the TSS
   */
  static byte[] longSegments(long task) {
    ByteBuffer gdt = ByteBuffer.allocate(GDT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long[] fixed = {
      0,
      0x00cf9b000000ffffL,
      0x00af9b000000ffffL,
      0x00cf93000000ffffL,
      0x00cffb000000ffffL,
      0x00cff3000000ffffL,
      0x00affb000000ffffL
    };
    for (long descriptor : fixed) {
      gdt.putLong(descriptor);
    }
    long low = (task & 0xff_ffff) << 16 | (task >>> 24 & 0xff) << 56 | 0x8b00_0000_4087L;
    gdt.putLong(SyntheticRegisters.TASK_SELECTOR, low);
    gdt.putLong(SyntheticRegisters.TASK_SELECTOR + Long.BYTES, task >>> 32);
    return gdt.putLong(GDT_BYTES - Long.BYTES, 0x0040_f500_0000_0000L).array();
  }

  /** RSP0 where the TSS begins, IST1 to IST5 behind it, each with a page before it. */
  static byte[] longTask(long task) {
    ByteBuffer tss = ByteBuffer.allocate(TASK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    tss.putLong(4, task);
    for (int ist = 1; ist <= STACKS; ist++) {
      tss.putLong(28 + 8 * ist, task + 0x5000 + 0x3000L * ist);
    }
    return tss.array();
  }

  /** One code segment of 32 bits. */
  static byte[] segments() {
    ByteBuffer gdt = ByteBuffer.allocate(GDT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int flags = SyntheticRegisters.CODE_FLAGS | 0xf_0000;
    return gdt.putLong(SyntheticRegisters.CODE_SELECTOR, (long) flags << 32 | 0xffff).array();
  }

  /** A TSS of zeros. */
  static byte[] task() {
    return new byte[TASK_BYTES];
  }
}
