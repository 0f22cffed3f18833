package io.plumbline.introspection.code;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * One decoded instruction, packed into a {@code long} so that a traversal of a million of them
 * allocates nothing: lengths and places of the fields (Intel SDM volume 2A, figure 2-1), not their
 * values. All accessors take the packed form that {@link InstructionDecoder#decode} returned.
 *
 * <pre>
 * bits  0-3   length in bytes, 1 to 15; a packed value of 0 is {@link #INVALID}
 *       4-7   ControlFlow
 *       8-15  the last opcode byte
 *      16-18  opcode map (MAP_*)
 *      19-22  offset of the last opcode byte
 *      23-26  offset of ModRM, 0 if there is none
 *      27-30  offset of the displacement (of a memory operand or moffs), 0 if there is none
 *      31-33  size of the displacement: 0, 1, 2, 4; 5 stands for 8
 *      34-37  offset of the immediate (or relative target), 0 if there is none
 *      38-41  size of the immediate in bytes: 0 to 8 (3 is ENTER, 4 and 6 are far pointers)
 *      42     the memory operand is RIP-relative
 *      43     LOCK prefix      44  REX.W (or VEX/EVEX.W)   45  66 prefix   46  67 prefix
 *      47     F2 prefix        48  F3 prefix               49  FS or GS override
 *      50     does nothing but take up room (NOP, 0F 1F /r, 0F 0D /r prefetch is not one)
 *      51     ENDBR32 or ENDBR64
 *      52     decoded in 32-bit mode
 * </pre>
 */
public final class Instruction {
  /** No instruction begins with these bytes, or it is cut off by the limit. */
  public static final long INVALID = 0;

  public static final int MAP_ONE_BYTE = 0;
  public static final int MAP_0F = 1;
  public static final int MAP_0F38 = 2;
  public static final int MAP_0F3A = 3;

  /** VEX, EVEX, XOP and 3DNow! encodings. */
  public static final int MAP_EXTENDED = 4;

  static final int FLOW_SHIFT = 4;
  static final int OPCODE_SHIFT = 8;
  static final int MAP_SHIFT = 16;
  static final int OPCODE_OFFSET_SHIFT = 19;
  static final int MODRM_OFFSET_SHIFT = 23;
  static final int DISPLACEMENT_OFFSET_SHIFT = 27;
  static final int DISPLACEMENT_SIZE_SHIFT = 31;
  static final int IMMEDIATE_OFFSET_SHIFT = 34;
  static final int IMMEDIATE_SIZE_SHIFT = 38;
  static final long RIP_RELATIVE = 1L << 42;
  static final long LOCK = 1L << 43;
  static final long WIDE = 1L << 44;
  static final long OPERAND_SIZE = 1L << 45;
  static final long ADDRESS_SIZE = 1L << 46;
  static final long REPNE = 1L << 47;
  static final long REP = 1L << 48;
  static final long FS_OR_GS = 1L << 49;
  static final long NOP = 1L << 50;
  static final long ENDBR = 1L << 51;
  static final long PROTECTED = 1L << 52;

  /** REX.W, 66 and 67 as one number of three bits. */
  static final int WIDTHS_SHIFT = 44;

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private Instruction() {}

  /** Bytes, 1 to 15; 0 for {@link #INVALID}. */
  public static int length(long instruction) {
    return (int) instruction & 0xf;
  }

  public static ControlFlow flow(long instruction) {
    return ControlFlow.of((int) instruction >>> FLOW_SHIFT & 0xf);
  }

  /** The last opcode byte, unsigned. */
  public static int opcode(long instruction) {
    return (int) instruction >>> OPCODE_SHIFT & 0xff;
  }

  /** One of the {@code MAP_} constants. */
  public static int map(long instruction) {
    return (int) instruction >>> MAP_SHIFT & 0x7;
  }

  public static int opcodeOffset(long instruction) {
    return (int) instruction >>> OPCODE_OFFSET_SHIFT & 0xf;
  }

  /** Offset of the ModRM byte; 0 if there is none. */
  public static int modrmOffset(long instruction) {
    return (int) (instruction >>> MODRM_OFFSET_SHIFT) & 0xf;
  }

  /** Offset of the displacement; 0 if there is none. */
  public static int displacementOffset(long instruction) {
    return (int) (instruction >>> DISPLACEMENT_OFFSET_SHIFT) & 0xf;
  }

  /** Bytes of the displacement: 0, 1, 2, 4 or 8. */
  public static int displacementSize(long instruction) {
    int size = (int) (instruction >>> DISPLACEMENT_SIZE_SHIFT) & 0x7;
    return size == 5 ? 8 : size;
  }

  /** Offset of the immediate or relative target; 0 if there is none. */
  public static int immediateOffset(long instruction) {
    return (int) (instruction >>> IMMEDIATE_OFFSET_SHIFT) & 0xf;
  }

  /** Bytes of the immediate, 0 to 8. */
  public static int immediateSize(long instruction) {
    return (int) (instruction >>> IMMEDIATE_SIZE_SHIFT) & 0xf;
  }

  public static boolean ripRelative(long instruction) {
    return (instruction & RIP_RELATIVE) != 0;
  }

  public static boolean locked(long instruction) {
    return (instruction & LOCK) != 0;
  }

  public static boolean operandSizePrefix(long instruction) {
    return (instruction & OPERAND_SIZE) != 0;
  }

  public static boolean addressSizePrefix(long instruction) {
    return (instruction & ADDRESS_SIZE) != 0;
  }

  public static boolean wide(long instruction) {
    return (instruction & WIDE) != 0;
  }

  public static boolean fsOrGsOverride(long instruction) {
    return (instruction & FS_OR_GS) != 0;
  }

  public static boolean nop(long instruction) {
    return (instruction & NOP) != 0;
  }

  public static boolean endbr(long instruction) {
    return (instruction & ENDBR) != 0;
  }

  /** Whether the processor was in 32-bit mode. */
  public static boolean protectedMode(long instruction) {
    return (instruction & PROTECTED) != 0;
  }

  /**
   * Where a direct branch, jump or call goes (Intel SDM volume 2A, JMP, CALL, Jcc, LOOP, XBEGIN).
   *
   * @param instruction one whose flow is {@link ControlFlow#direct}
   * @param offset where its first byte lies in {@code code}
   * @param address the address that this byte has in the guest
   */
  public static long target(byte[] code, int offset, long instruction, long address) {
    int at = offset + immediateOffset(instruction);
    long displacement =
        switch (immediateSize(instruction)) {
          case 1 -> code[at];
          case 2 -> (short) SHORT.get(code, at);
          case 4 -> (int) INT.get(code, at);
          default ->
              throw new IllegalArgumentException(
                  "no relative target: " + immediateSize(instruction) + " bytes of immediate");
        };
    long target = address + length(instruction) + displacement;
    if (!protectedMode(instruction)) {
      return target;
    }
    // A 16-bit operand cuts EIP to 16 bits, save for XBEGIN, whose fallback address is never cut.
    boolean cut = operandSizePrefix(instruction) && opcode(instruction) != 0xc7;
    return target & (cut ? 0xffffL : 0xffffffffL);
  }
}
