package io.plumbline.introspection.code;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The position-independent form of one instruction: the same for one kernel at every KASLR slide
 * and on one processor or many, different when code means something else. A measurement algorithm
 * never changes: a better one is added beside this and gets the next version number.
 *
 * <p>Version 1:
 *
 * <ul>
 *   <li>NOPs and ENDBR32/64 contribute nothing.
 *   <li>LOCK (F0) and 3E prefixes are left out: on one processor Linux replaces the former by the
 *       latter. All other prefixes stay.
 *   <li>Zero bytes stand for: the target of a direct branch, jump or call; a RIP-relative
 *       displacement; a displacement or immediate of 4 or 8 bytes that may be a kernel address
 *       ({@link #mayBeAddress}); an immediate that may be the slide itself or a physical address
 *       ({@link #mayBeOffset}).
 *   <li>All else is kept as it is: opcode, ModRM, SIB, small displacements and immediates.
 * </ul>
 *
 * <p>Why by value: relocation adds the slide to absolute fields, and what it adds it to are always
 * addresses of the image, before and after. A field outside that window was not relocated, so
 * keeping it (per-CPU offsets, structure offsets, -1, flags) costs no stability and tells builds
 * apart. The windows:
 *
 * <ul>
 *   <li>4 bytes in 64-bit mode, sign-extended: -2^31 to -2^24. Linux links its image at -2 GiB and
 *       puts modules below -2^24 (Documentation/arch/x86/x86_64/mm.rst); above lie the fixmap,
 *       whose addresses do not move, and small negative numbers.
 *   <li>8 bytes: ff00000000000000 to -2^24: the image, but also the direct map, vmalloc and vmemmap
 *       areas with four or five table levels, whose bases move as well.
 *   <li>4 bytes in 32-bit mode: c0000000 to ff000000, the kernel's gigabyte.
 * </ul>
 *
 * <p>A few relocated immediates are differences of addresses, folded at compile time: the slide
 * (kaslr_offset(): 0 as linked, a multiple of 2 MiB below 1 GiB at run time) and the physical
 * address of a symbol, which is a 4-byte value in an 8-byte immediate because the linker, not the
 * compiler, fills it. Not recognised are physical addresses in 4-byte immediates; Linux has them
 * only in the code that runs before the slide is applied.
 */
public final class CanonicalForm {
  public static final int VERSION = 1;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int FIXED_AREA = -(1 << 24);
  private static final long KERNEL_HALF = 0xff00000000000000L;
  private static final long KERNEL_GIGABYTE = 0xc0000000L;
  private static final long FIXED_AREA_32 = 0xff000000L;

  /** CONFIG_RANDOMIZE_BASE_MAX_OFFSET and CONFIG_PHYSICAL_ALIGN (arch/x86/Kconfig). */
  private static final int SLIDE_RANGE = 1 << 30;

  private static final int SLIDE_STEP = 1 << 21;

  private static final int LOCK = 0xf0;
  private static final int DS_OVERRIDE = 0x3e;

  private CanonicalForm() {}

  /**
   * Appends the canonical form of the instruction that begins at {@code offset} of {@code code}.
   *
   * @param instruction what {@link InstructionDecoder#decode} returned for these bytes
   */
  public static void append(byte[] code, int offset, long instruction, ByteSink out) {
    if (instruction == Instruction.INVALID) {
      throw new IllegalArgumentException("no instruction at offset " + offset);
    }
    if ((instruction & (Instruction.NOP | Instruction.ENDBR)) != 0) {
      return;
    }
    int opcode = offset + Instruction.opcodeOffset(instruction);
    int at = offset;
    while (at < opcode && isPrefix(code[at], instruction)) {
      int prefix = code[at] & 0xff;
      if (prefix != LOCK && prefix != DS_OVERRIDE) {
        out.append(code[at]);
      }
      at++;
    }
    int displacement = Instruction.displacementSize(instruction);
    if (displacement != 0) {
      int field = offset + Instruction.displacementOffset(instruction);
      out.append(code, at, field - at);
      boolean masked =
          Instruction.ripRelative(instruction)
              || mayBeAddress(code, field, displacement, instruction);
      appendField(code, field, displacement, masked, out);
      at = field + displacement;
    }
    int immediate = Instruction.immediateSize(instruction);
    if (immediate != 0) {
      int field = offset + Instruction.immediateOffset(instruction);
      out.append(code, at, field - at);
      at = appendImmediate(code, field, immediate, instruction, out);
    }
    out.append(code, at, offset + Instruction.length(instruction) - at);
  }

  private static int appendImmediate(
      byte[] code, int field, int size, long instruction, ByteSink out) {
    // A far pointer is an offset, which may move, and a selector, which does not.
    int moving = size == 6 ? 4 : size;
    boolean masked =
        Instruction.flow(instruction).direct()
            || mayBeAddress(code, field, moving, instruction)
            || mayBeOffset(code, field, moving);
    appendField(code, field, moving, masked, out);
    return field + moving;
  }

  private static void appendField(byte[] code, int field, int size, boolean masked, ByteSink out) {
    if (masked) {
      out.appendZeros(size);
    } else {
      out.append(code, field, size);
    }
  }

  /** Whether the value of a field lies in one of the windows that the class comment names. */
  static boolean mayBeAddress(byte[] code, int field, int size, long instruction) {
    if (size == 8) {
      long value = (long) LONG.get(code, field);
      return value >= KERNEL_HALF && value < FIXED_AREA;
    }
    if (size != 4) {
      return false;
    }
    int value = (int) INT.get(code, field);
    if (!Instruction.protectedMode(instruction)) {
      // The lower end, -2^31, is where an int begins.
      return value < FIXED_AREA;
    }
    long unsigned = Integer.toUnsignedLong(value);
    return unsigned >= KERNEL_GIGABYTE && unsigned < FIXED_AREA_32;
  }

  /** Whether an immediate may be the slide or the physical address of a symbol. */
  static boolean mayBeOffset(byte[] code, int field, int size) {
    if (size == 8) {
      return (long) LONG.get(code, field) >>> 32 == 0;
    }
    if (size != 4) {
      return false;
    }
    int value = (int) INT.get(code, field);
    return value >= 0 && value < SLIDE_RANGE && value % SLIDE_STEP == 0;
  }

  /** Whether a byte before the opcode byte is a prefix and not an escape or VEX payload. */
  private static boolean isPrefix(byte value, long instruction) {
    int prefix = value & 0xff;
    return switch (prefix) {
      case 0x26, 0x2e, 0x36, DS_OVERRIDE, 0x64, 0x65, 0x66, 0x67, LOCK, 0xf2, 0xf3 -> true;
      default -> !Instruction.protectedMode(instruction) && (prefix & 0xf0) == 0x40;
    };
  }
}
