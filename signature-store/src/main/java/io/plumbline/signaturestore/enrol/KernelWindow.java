package io.plumbline.signaturestore.enrol;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.golden.FieldRule;
import io.plumbline.introspection.golden.GoldenInstruction.Field;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells which fields of an instruction move with the kernel: an absolute address that lies in the
 * kernel's image, and a distance from the kernel to a place outside of it (per-CPU variables have
 * fixed addresses, and newer kernels reach them relative to RIP).
 *
 * <p>The window is narrow, because a constant that happens to lie in it would be taken for an
 * address. Enrolling a second boot at another base shows such a mistake, because what did not move
 * is no address.
 *
 * @param base address of the image's first byte in this guest
 * @param bytes how far text, data and bss reach from there
 */
record KernelWindow(long base, long bytes, CodeMode mode) {
  /** Text, read-only data, data and bss of the largest stock kernels take 50 to 60 MiB. */
  static final long IMAGE_BYTES = 64L << 20;

  boolean holds(long address) {
    return Long.compareUnsigned(address - base, bytes) < 0;
  }

  /** The fields of one instruction that move, in order of their place. */
  List<Field> fields(byte[] code, int offset, long instruction, long address) {
    List<Field> fields = new ArrayList<>(1);
    int displacement = Instruction.displacementOffset(instruction);
    int displacementSize = Instruction.displacementSize(instruction);
    if (displacementSize == 4) {
      long value = value(code, offset + displacement, 4);
      if (Instruction.ripRelative(instruction)) {
        if (!holds(address + Instruction.length(instruction) + value)) {
          fields.add(new Field(displacement, FieldRule.INVERSE_32));
        }
      } else if (holds(value)) {
        fields.add(new Field(displacement, FieldRule.ABSOLUTE_32));
      }
    } else if (displacementSize == 8 && holds(value(code, offset + displacement, 8))) {
      fields.add(new Field(displacement, FieldRule.ABSOLUTE_64));
    }
    int immediateSize = Instruction.immediateSize(instruction);
    if (Instruction.flow(instruction).direct() || (immediateSize != 4 && immediateSize != 8)) {
      return fields;
    }
    int immediate = Instruction.immediateOffset(instruction);
    if (holds(value(code, offset + immediate, immediateSize))) {
      fields.add(
          new Field(immediate, immediateSize == 4 ? FieldRule.ABSOLUTE_32 : FieldRule.ABSOLUTE_64));
    }
    return fields;
  }

  private long value(byte[] code, int at, int size) {
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = (value << 8) | (code[at + i] & 0xff);
    }
    if (size == 8) {
      return value;
    }
    return mode == CodeMode.LONG_64 ? (int) value : value & 0xffff_ffffL;
  }
}
