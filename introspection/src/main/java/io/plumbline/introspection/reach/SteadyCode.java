package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.memory.PageBytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  /** The moved fields of a region, by the offsets of their bytes. */
  private static final class Fields {
    private final BitSet all = new BitSet();
    private final BitSet along32 = new BitSet();
    private final BitSet along64 = new BitSet();
    private final BitSet against32 = new BitSet();

    void add(int at, int bytes, boolean along) {
      if (at >= 0) {
        all.set(at, at + bytes);
        (along ? (bytes == Long.BYTES ? along64 : along32) : against32).set(at);
      }
    }

    boolean isIn(int at, int bytes) {
      int next = all.nextSetBit(at);
      return next >= 0 && next < at + bytes;
    }
  }

  private final InstructionDecoder decoder;
  private final CommonAddresses addresses;
  private final CommonReach.CodeLikeness likeness;
  private final Map<Long, Fields> fields = new HashMap<>();

  SteadyCode(CodeMode mode, CommonAddresses addresses, CommonReach.CodeLikeness likeness) {
    this.decoder = InstructionDecoder.forMode(mode);
    this.addresses = addresses;
    this.likeness = likeness;
  }

  /** The numbers of the pages that are not so. */
  BitSet unsteady(List<ReachedPage> pages) {
    for (ReachedPage page : pages) {
      if (page instanceof CodePage code) {
        learn(code, 0);
        if (code.looksBeyond) {
          learn(code, PAGE);
        }
      }
    }
    BitSet unsteady = new BitSet();
    for (ReachedPage page : pages) {
      if (page instanceof CodePage code) {
        unsteady.set(code.number, !isSteady(code));
      }
    }
    return unsteady;
  }

  private void learn(CodePage page, int beyond) {
    Fields known = fields.computeIfAbsent(page.region.start(), fresh -> new Fields());
    int from = page.base + beyond;
    if (from < page.region.length()) {
      likeness.forEachField(
          page.address + beyond - addresses.image(),
          (at, bytes, along) -> known.add(from + at, bytes, along));
    }
  }

  private boolean isSteady(CodePage page) {
    if (page.endsInNoInstruction) {
      // Another address might make one of it.
      return false;
    }
    Fields known = fields.get(page.region.start());
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

  private boolean isSteady(byte[] code, int offset, long instruction, Fields known) {
    boolean goes = Instruction.flow(instruction).direct();
    int displaced = Instruction.displacementOffset(instruction);
    int displacement = operand(Instruction.displacementSize(instruction));
    int immediately = Instruction.immediateOffset(instruction);
    int immediate = goes ? 0 : operand(Instruction.immediateSize(instruction));
    for (int i = 0; i < Instruction.length(instruction); i++) {
      boolean isOperand =
          (i >= displaced && i < displaced + displacement)
              || (i >= immediately && i < immediately + immediate);
      if (!isOperand && known.all.get(offset + i)) {
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
      return known.against32.get(at);
    }
    if (relative || Instruction.fsOrGsOverride(instruction)) {
      return !known.isIn(at, bytes);
    }
    return isNumberSteady(code, at, bytes, known);
  }

  /** A moved field and nothing else, or a number that is no address of the image. */
  private boolean isNumberSteady(byte[] code, int at, int bytes, Fields known) {
    if (known.isIn(at, bytes)) {
      return (bytes == Long.BYTES ? known.along64 : known.along32).get(at);
    }
    long number = bytes == Long.BYTES ? (long) LONG.get(code, at) : (int) INT.get(code, at);
    return !addresses.has(number);
  }
}
