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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  /** The slide at which an instruction of the text was seen first, where that was not 0. */
  private final Map<Integer, Long> slides = new HashMap<>();

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
      learnAgain(withoutFalseAddresses(seen, slide));
    } else if (used.nextSetBit(place) >= place + length || used.nextSetBit(place) < 0) {
      System.arraycopy(seen.bytes(), 0, text, place, length);
      starts.set(place);
      used.set(place, place + length);
      seen.fields().forEach(field -> fields.put(place + field.at(), field.rule()));
      if (slide != 0) {
        slides.put(place, slide);
      }
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

  private void learnAgain(GoldenInstruction seen) {
    int place = seen.offset();
    int length = seen.bytes().length;
    long known = decoder.decode(text, place, text.length);
    if (Instruction.length(known) == length && equalButForFree(seen)) {
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
   * What did not move when the kernel did is no address, although its value looked like one in one
   * boot or in both. Corrects the text, and returns what was seen without it.
   */
  private GoldenInstruction withoutFalseAddresses(GoldenInstruction seen, long slide) {
    int place = seen.offset();
    int length = seen.bytes().length;
    long firstSlide = slides.getOrDefault(place, 0L);
    List<Field> known = fieldsOf(place, length);
    if (slide == firstSlide
        || (known.isEmpty() && seen.fields().isEmpty())
        || decoder.decode(text, place, text.length) != decoder.decode(seen.bytes(), 0, length)) {
      return seen;
    }
    byte[] before =
        new GoldenInstruction(place, Arrays.copyOfRange(text, place, place + length), known)
            .at(firstSlide);
    byte[] now = seen.at(slide);
    byte[] bytes = seen.bytes().clone();
    Set<Field> moving = new LinkedHashSet<>(seen.fields());
    for (Field field : union(known, seen.fields())) {
      int end = field.at() + field.rule().size();
      if (!field.rule().free() && Arrays.equals(before, field.at(), end, now, field.at(), end)) {
        fields.remove(place + field.at());
        System.arraycopy(now, field.at(), text, place + field.at(), field.rule().size());
        System.arraycopy(now, field.at(), bytes, field.at(), field.rule().size());
        moving.remove(field);
      }
    }
    return new GoldenInstruction(place, bytes, List.copyOf(moving));
  }

  private List<Field> fieldsOf(int place, int length) {
    return fields.subMap(place, place + length).entrySet().stream()
        .map(field -> new Field(field.getKey() - place, field.getValue()))
        .toList();
  }

  private static Set<Field> union(List<Field> known, List<Field> seen) {
    Set<Field> union = new LinkedHashSet<>(known);
    union.addAll(seen);
    return union;
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
