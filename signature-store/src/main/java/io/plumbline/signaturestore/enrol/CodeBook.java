package io.plumbline.signaturestore.enrol;

import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.golden.FieldRule;
import io.plumbline.introspection.golden.FieldTable;
import io.plumbline.introspection.golden.GoldenCode;
import io.plumbline.introspection.golden.GoldenInstruction;
import io.plumbline.introspection.golden.GoldenInstruction.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The golden code of a build while it is being learnt, guest after guest.
 *
 * <p>The first instruction seen at a place goes into the text. Another one becomes a variant, with
 * one exception: where the same instruction loads a third 64-bit constant or shifts by a third
 * count, the kernel writes a value of the boot into its code (run-time constants since 6.11), and
 * any value is accepted there. Two values are a choice (four- or five-level paging), not a boot's.
 */
final class CodeBook {
  private static final int SHIFT_BY_IMMEDIATE_8 = 0xc0;
  private static final int SHIFT_BY_IMMEDIATE = 0xc1;

  private final InstructionDecoder decoder;
  private final byte[] text;
  private final BitSet starts = new BitSet();
  private final BitSet used = new BitSet();
  private final TreeMap<Integer, FieldRule> fields = new TreeMap<>();
  private final Map<Integer, List<GoldenInstruction>> variants = new HashMap<>();

  CodeBook(InstructionDecoder decoder, int textBytes) {
    this.decoder = decoder;
    this.text = new byte[textBytes];
  }

  int textBytes() {
    return text.length;
  }

  BitSet starts() {
    return starts;
  }

  /**
   * Learns that known-good guests execute this instruction.
   *
   * @param seen as it reads at slide 0
   * @param slide where it was seen
   */
  void learn(GoldenInstruction seen, long slide) {
    int place = seen.offset();
    int length = seen.bytes().length;
    if (starts.get(place)) {
      learnAgain(seen, slide);
    } else if (used.nextSetBit(place) >= place + length || used.nextSetBit(place) < 0) {
      System.arraycopy(seen.bytes(), 0, text, place, length);
      starts.set(place);
      used.set(place, place + length);
      seen.fields().forEach(field -> fields.put(place + field.at(), field.rule()));
    } else {
      addVariant(seen);
    }
  }

  GoldenCode finish() {
    int[] offsets = fields.keySet().stream().mapToInt(Integer::intValue).toArray();
    FieldRule[] rules = fields.values().toArray(new FieldRule[0]);
    return new GoldenCode(
        text.clone(), (BitSet) starts.clone(), new FieldTable(offsets, rules), variants);
  }

  private void learnAgain(GoldenInstruction seen, long slide) {
    int place = seen.offset();
    int length = seen.bytes().length;
    long known = decoder.decode(text, place, text.length);
    if (Instruction.length(known) == length && equalButForFree(seen)) {
      if (slide != 0) {
        forgetFalseAddresses(seen);
      }
      return;
    }
    boolean third =
        setsBootConstant(known, seen)
            && variants.getOrDefault(place, List.of()).stream()
                .anyMatch(
                    other ->
                        setsBootConstant(known, other)
                            && !Arrays.equals(other.bytes(), seen.bytes()));
    if (third) {
      variants.get(place).removeIf(variant -> setsBootConstant(known, variant));
      FieldRule rule = Instruction.immediateSize(known) == 8 ? FieldRule.FREE_64 : FieldRule.FREE_8;
      fields.put(place + Instruction.immediateOffset(known), rule);
    } else {
      addVariant(seen);
    }
  }

  private boolean equalButForFree(GoldenInstruction seen) {
    int place = seen.offset();
    byte[] bytes = seen.bytes();
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != text[place + i] && !inFreeField(place, i)) {
        return false;
      }
    }
    return true;
  }

  /**
   * What did not move when the kernel did is no address, although its value looked like one in the
   * guest that was seen first.
   */
  private void forgetFalseAddresses(GoldenInstruction seen) {
    int place = seen.offset();
    fields
        .subMap(place, place + seen.bytes().length)
        .entrySet()
        .removeIf(
            field ->
                !field.getValue().free()
                    && !seen.fields()
                        .contains(new Field(field.getKey() - place, field.getValue())));
  }

  private boolean inFreeField(int place, int index) {
    for (Map.Entry<Integer, FieldRule> field :
        fields.subMap(place, true, place + index, true).entrySet()) {
      if (field.getValue().free() && place + index < field.getKey() + field.getValue().size()) {
        return true;
      }
    }
    return false;
  }

  /** The same instruction but for an immediate that only data flows from. */
  private boolean setsBootConstant(long known, GoldenInstruction seen) {
    int size = Instruction.immediateSize(known);
    boolean pointer = size == 8;
    boolean shift =
        size == 1
            && Instruction.map(known) == Instruction.MAP_ONE_BYTE
            && (Instruction.opcode(known) == SHIFT_BY_IMMEDIATE
                || Instruction.opcode(known) == SHIFT_BY_IMMEDIATE_8);
    if ((!pointer && !shift) || decoder.decode(seen.bytes(), 0, seen.bytes().length) != known) {
      return false;
    }
    int at = Instruction.immediateOffset(known);
    int place = seen.offset();
    boolean moves = seen.fields().stream().anyMatch(field -> field.at() == at);
    return !moves
        && !fields.containsKey(place + at)
        && Arrays.equals(text, place, place + at, seen.bytes(), 0, at);
  }

  private void addVariant(GoldenInstruction seen) {
    List<GoldenInstruction> known =
        variants.computeIfAbsent(seen.offset(), offset -> new ArrayList<>(1));
    boolean there =
        known.stream()
            .anyMatch(
                variant ->
                    Arrays.equals(variant.bytes(), seen.bytes())
                        && variant.fields().equals(seen.fields()));
    if (!there) {
      known.add(seen);
    }
  }

  /** An instruction as it reads at slide 0. */
  static GoldenInstruction atSlideZero(
      byte[] code, int start, int length, int place, long slide, List<Field> fields) {
    byte[] bytes = Arrays.copyOfRange(code, start, start + length);
    fields.forEach(field -> field.rule().move(bytes, field.at(), -slide));
    return new GoldenInstruction(place, bytes, fields);
  }
}
