package io.plumbline.introspection.roots;

import io.plumbline.introspection.memory.GuestVirtualAddress;

/**
 * One descriptor of the IDT as it lies in memory, valid or not (Intel SDM volume 3A, sections 6.11
 * and 6.14.1).
 *
 * @param vector 0 to 255
 * @param target the offset in the gate; meaningless for a task gate
 * @param selector code segment, or TSS for a task gate
 * @param type 5-bit descriptor type with the S bit, which a gate has clear (section 3.5)
 * @param dpl 0 to 3: who may raise it by INT n
 * @param ist 0 to 7: stack from the TSS, 64-bit only
 * @param present the P bit
 */
public record IdtGate(
    int vector,
    GuestVirtualAddress target,
    int selector,
    int type,
    int dpl,
    int ist,
    boolean present) {

  /** What the type makes of a descriptor. */
  public enum Kind {
    /** Disables interrupts on entry. */
    INTERRUPT,
    /** Leaves interrupts as they are. */
    TRAP,
    /** Switches to a task; there is none in 64-bit mode. */
    TASK,
    /** Delivering through it faults. */
    NOT_A_GATE
  }

  /** Bytes of a gate outside IA-32e mode. */
  static final int BYTES_32 = 8;

  /** Bytes of a gate in IA-32e mode. */
  static final int BYTES_64 = 16;

  private static final int TASK_TYPE = 0x5;
  private static final int INTERRUPT_16 = 0x6;
  private static final int TRAP_16 = 0x7;
  private static final int INTERRUPT_32_64 = 0xe;
  private static final int TRAP_32_64 = 0xf;

  /** Figure 6-8 (64-bit) and 6-2 (32-bit): the low 8 bytes have one layout. */
  static IdtGate decode(int vector, long low, int high, boolean longMode) {
    int access = (int) (low >>> 40) & 0xff;
    int type = access & 0x1f;
    boolean sixteenBit = !longMode && (type == INTERRUPT_16 || type == TRAP_16);
    long offset = low & 0xffff;
    if (!sixteenBit) {
      offset |= low >>> 32 & 0xffff_0000L;
    }
    if (longMode) {
      offset |= (long) high << 32;
    }
    return new IdtGate(
        vector,
        new GuestVirtualAddress(offset),
        (int) (low >>> 16) & 0xffff,
        type,
        access >>> 5 & 3,
        longMode ? (int) (low >>> 32) & 7 : 0,
        access >>> 7 == 1);
  }

  /** Bytes of a gate in, or outside, IA-32e mode. */
  public static int bytes(boolean longMode) {
    return longMode ? BYTES_64 : BYTES_32;
  }

  /** What the type means to a processor in, or outside, IA-32e mode (tables 3-2 and 6-1). */
  public Kind kind(boolean longMode) {
    return switch (type) {
      case INTERRUPT_32_64 -> Kind.INTERRUPT;
      case TRAP_32_64 -> Kind.TRAP;
      case INTERRUPT_16 -> longMode ? Kind.NOT_A_GATE : Kind.INTERRUPT;
      case TRAP_16 -> longMode ? Kind.NOT_A_GATE : Kind.TRAP;
      case TASK_TYPE -> longMode ? Kind.NOT_A_GATE : Kind.TASK;
      default -> Kind.NOT_A_GATE;
    };
  }

  /** Whether the processor delivers events through it. */
  public boolean live(boolean longMode) {
    Kind kind = kind(longMode);
    return present && (kind == Kind.INTERRUPT || kind == Kind.TRAP);
  }
}
