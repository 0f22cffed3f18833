package io.plumbline.introspection.golden;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * One legal instruction at one place of a build's code, as it reads at slide 0.
 *
 * @param offset bytes from the signature's base
 * @param bytes the instruction, 1 to 15 bytes
 * @param fields the parts of it that depend on the slide or the boot, in order of their place
 */
public record GoldenInstruction(int offset, byte[] bytes, List<Field> fields) {
  /** By offset, then by bytes: an order that does not depend on which guest was seen first. */
  public static final Comparator<GoldenInstruction> BY_PLACE =
      Comparator.comparingInt(GoldenInstruction::offset)
          .thenComparing(GoldenInstruction::bytes, Arrays::compare);

  /**
   * A field of an instruction.
   *
   * @param at bytes from the instruction's first byte
   */
  public record Field(int at, FieldRule rule) {}

  public GoldenInstruction {
    fields = List.copyOf(fields);
  }

  /** Whether {@code length} bytes of {@code code} at {@code start} are this instruction. */
  public boolean matches(byte[] code, int start, int length, long slide) {
    if (length != bytes.length) {
      return false;
    }
    byte[] expected = at(slide);
    for (int i = 0; i < length; i++) {
      if (code[start + i] != expected[i] && !inFreeField(i)) {
        return false;
      }
    }
    return true;
  }

  /** The bytes as they read in a guest whose base lies {@code slide} above the signature's. */
  public byte[] at(long slide) {
    byte[] moved = bytes.clone();
    for (Field field : fields) {
      field.rule().move(moved, field.at(), slide);
    }
    return moved;
  }

  private boolean inFreeField(int index) {
    for (Field field : fields) {
      if (field.rule().free() && index >= field.at() && index < field.at() + field.rule().size()) {
        return true;
      }
    }
    return false;
  }
}
