package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.memory.PageBytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.List;

/**
 * Tells code that means the same wherever its image lies: the fields that are moved are whole
 * operands, and no other operand is an address of the image by chance. What is entered in the
 * middle of an instruction may be other code.
 */
final class SteadyCode {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int PAGE = PageBytes.SIZE;

  /** The moved fields of some code, by the offsets of their bytes from where it begins. */
  static final class Fields {
    private final int base;
    private final BitSet all = new BitSet();
    private final BitSet along32 = new BitSet();
    private final BitSet along64 = new BitSet();
    private final BitSet against32 = new BitSet();

    private Fields(int base) {
      this.base = base;
    }

    void add(int offset, int bytes, boolean along) {
      int at = offset - base;
      if (at >= 0) {
        all.set(at, at + bytes);
        (along ? (bytes == Long.BYTES ? along64 : along32) : against32).set(at);
      } else {
        all.set(0, Math.max(0, at + bytes));
      }
    }

    boolean isAt(int offset) {
      return all.get(offset - base);
    }

    boolean isIn(int offset, int bytes) {
      int next = all.nextSetBit(offset - base);
      return next >= 0 && next < offset - base + bytes;
    }

    boolean isAgainst(int offset) {
      return against32.get(offset - base);
    }

    boolean isAlong(int offset, int bytes) {
      return (bytes == Long.BYTES ? along64 : along32).get(offset - base);
    }
  }

  private final InstructionDecoder decoder;
  private final CommonAddresses addresses;
  private final CommonReach.CodeLikeness likeness;

  SteadyCode(CodeMode mode, CommonAddresses addresses, CommonReach.CodeLikeness likeness) {
    this.decoder = InstructionDecoder.forMode(mode);
    this.addresses = addresses;
    this.likeness = likeness;
  }

  /** The numbers of the pages that are not so. */
  BitSet unsteady(List<CodePage> pages) {
    BitSet unsteady = new BitSet();
    for (CodePage page : pages) {
      unsteady.set(page.number, !isSteady(page));
    }
    return unsteady;
  }

  private boolean isSteady(CodePage page) {
    if (page.endsInNoInstruction) {
      // Another address might make one of it.
      return false;
    }
    Fields known = fieldsOf(page);
    byte[] code = page.region.bytes();
    for (int at = 0; at < PAGE; at++) {
      if (page.startsAt(at)) {
        int offset = page.base + at;
        long instruction = decoder.decode(code, offset, code.length);
        if (!isSteady(code, offset, instruction, known)) {
          return false;
        }
      }
    }
    return true;
  }

  /** The moved fields that instructions of a page may reach. */
  Fields fieldsOf(CodePage page) {
    Fields known = new Fields(page.base);
    learn(page, 0, known);
    if (page.looksBeyond && page.base + PAGE < page.region.length()) {
      learn(page, PAGE, known);
    }
    return known;
  }

  private void learn(CodePage page, int beyond, Fields known) {
    likeness.forEachField(
        page.address + beyond - addresses.image(),
        (at, bytes, along) -> known.add(page.base + beyond + at, bytes, along));
  }

  /** Whether an instruction means the same wherever its image lies. */
  boolean isSteady(byte[] code, int offset, long instruction, Fields known) {
    boolean goes = Instruction.flow(instruction).direct();
    int displaced = Instruction.displacementOffset(instruction);
    int displacement = operand(Instruction.displacementSize(instruction));
    int immediately = Instruction.immediateOffset(instruction);
    int immediate = goes ? 0 : operand(Instruction.immediateSize(instruction));
    for (int i = 0; i < Instruction.length(instruction); i++) {
      boolean isOperand =
          (i >= displaced && i < displaced + displacement)
              || (i >= immediately && i < immediately + immediate);
      if (!isOperand && known.isAt(offset + i)) {
        return false;
      }
    }
    return isDisplacementSteady(code, offset + displaced, displacement, instruction, known)
        && (immediate == 0 || isNumberSteady(code, offset + immediately, immediate, known));
  }

  /** What is shorter holds no address. */
  private static int operand(int size) {
    return size >= Integer.BYTES ? size : 0;
  }

  private boolean isDisplacementSteady(
      byte[] code, int at, int bytes, long instruction, Fields known) {
    if (bytes == 0) {
      return true;
    }
    boolean relative = Instruction.ripRelative(instruction);
    if (relative && Instruction.fsOrGsOverride(instruction)) {
      return known.isAgainst(at);
    }
    if (relative || Instruction.fsOrGsOverride(instruction)) {
      return !known.isIn(at, bytes);
    }
    return isNumberSteady(code, at, bytes, known);
  }

  /** A moved field and nothing else, or a number that is no address of the image. */
  private boolean isNumberSteady(byte[] code, int at, int bytes, Fields known) {
    if (known.isIn(at, bytes)) {
      return known.isAlong(at, bytes);
    }
    long number = bytes == Long.BYTES ? (long) LONG.get(code, at) : (int) INT.get(code, at);
    return !addresses.has(number);
  }
}
