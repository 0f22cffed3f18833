package io.plumbline.introspection.golden;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The code of a build as known-good guests execute it: for each place the instructions that are
 * legal there. Kernels patch themselves, so a place may have several; an unseen combination of seen
 * instructions is legal, an unseen instruction is not.
 *
 * <p>Most places have one legal instruction. These lie in {@code text} and cost no object each; the
 * rest are {@code variants}.
 *
 * @param text the code at slide 0, byte {@code i} is offset {@code i} from the base; zero where
 *     nothing is known
 * @param starts the offsets in {@code text} at which a known instruction begins
 * @param fields what depends on the slide or the boot in {@code text}
 * @param variants further legal instructions, by offset
 */
public record GoldenCode(
    byte[] text, BitSet starts, FieldTable fields, Map<Integer, List<GoldenInstruction>> variants) {
  public GoldenCode {
    variants = Map.copyOf(variants);
  }

  /** Whether an instruction of {@code text} begins at {@code offset}. */
  public boolean startsAt(int offset) {
    return offset >= 0 && offset < text.length && starts.get(offset);
  }

  /** Whether known-good guests begin an instruction at {@code offset}. */
  public boolean knows(int offset) {
    return startsAt(offset) || variants.containsKey(offset);
  }

  /** The instruction of {@code text} that begins at {@code offset} and is {@code length} long. */
  public Optional<GoldenInstruction> first(int offset, int length) {
    if (!startsAt(offset) || offset > text.length - length) {
      return Optional.empty();
    }
    List<GoldenInstruction.Field> inside = new ArrayList<>(1);
    for (int i = fields.firstFrom(offset);
        i < fields.size() && fields.offsets()[i] < offset + length;
        i++) {
      inside.add(new GoldenInstruction.Field(fields.offsets()[i] - offset, fields.rules()[i]));
    }
    return Optional.of(
        new GoldenInstruction(offset, Arrays.copyOfRange(text, offset, offset + length), inside));
  }
}
