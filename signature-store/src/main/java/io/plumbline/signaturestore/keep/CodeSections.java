package io.plumbline.signaturestore.keep;

import io.plumbline.introspection.golden.FieldRule;
import io.plumbline.introspection.golden.FieldTable;
import io.plumbline.introspection.golden.GoldenCode;
import io.plumbline.introspection.golden.GoldenInstruction;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sections that hold a build's code. Offsets are written as steps, all of one kind together,
 * because that is what compresses best: most steps between instructions are 1 to 8.
 */
final class CodeSections {
  /** Bytes of the longest x86 instruction (Intel SDM volume 2A, section 2.3.11). */
  private static final int LONGEST_INSTRUCTION = 15;

  private static final int MOST_FIELDS = 4_000_000;
  private static final int MOST_VARIANTS = 500_000;
  private static final int SMALLEST_VARIANT = 3;

  private CodeSections() {}

  static void write(GoldenCode code, Map<SectionType, byte[]> sections) {
    sections.put(SectionType.TEXT, code.text());
    sections.put(SectionType.STARTS, starts(code.starts(), code.text().length));
    sections.put(SectionType.FIELDS, fields(code.fields(), code.text().length));
    sections.put(SectionType.VARIANTS, variants(code.variants(), code.text().length));
  }

  static GoldenCode read(SectionFile file) throws SignatureException {
    byte[] text = file.bytes(SectionType.TEXT);
    return new GoldenCode(
        text,
        starts(file.required(SectionType.STARTS), text.length),
        fields(file.required(SectionType.FIELDS), text.length),
        variants(file.required(SectionType.VARIANTS), text.length));
  }

  private static byte[] starts(BitSet starts, int textBytes) {
    expect(starts.length() <= textBytes, "starts inside the text", starts.length());
    ByteSink to = new ByteSink();
    to.unsigned(starts.cardinality());
    int previous = 0;
    for (int start = starts.nextSetBit(0); start >= 0; start = starts.nextSetBit(start + 1)) {
      to.unsigned(start - previous);
      previous = start;
    }
    return to.toByteArray();
  }

  private static BitSet starts(ByteSource from, int textBytes) throws SignatureException {
    int count = from.count("starts", textBytes, 1);
    BitSet starts = new BitSet(textBytes);
    int start = 0;
    for (int i = 0; i < count; i++) {
      start = i == 0 ? from.unsigned("start", textBytes) : start + from.stepAfter(start, "start");
      if (start >= textBytes) {
        throw from.refuse(from.position(), "start", "less than " + textBytes, start);
      }
      starts.set(start);
    }
    from.end();
    return starts;
  }

  private static byte[] fields(FieldTable fields, int textBytes) {
    ByteSink to = new ByteSink();
    to.unsigned(fields.size());
    int previous = 0;
    for (int offset : fields.offsets()) {
      to.unsigned(offset - previous);
      previous = offset;
    }
    for (int i = 0; i < fields.size(); i++) {
      FieldRule rule = fields.rules()[i];
      int offset = fields.offsets()[i];
      expect(offset <= textBytes - rule.size(), "fields inside the text", offset);
      to.u8(Codes.of(rule));
    }
    return to.toByteArray();
  }

  private static FieldTable fields(ByteSource from, int textBytes) throws SignatureException {
    int count = from.count("fields", MOST_FIELDS, 2);
    int[] offsets = new int[count];
    for (int i = 0; i < count; i++) {
      offsets[i] =
          i == 0
              ? from.unsigned("field", textBytes)
              : offsets[i - 1] + from.stepAfter(offsets[i - 1], "field");
    }
    FieldRule[] rules = new FieldRule[count];
    for (int i = 0; i < count; i++) {
      int at = from.position();
      rules[i] = Codes.rule(from);
      if (offsets[i] > textBytes - rules[i].size()) {
        throw from.refuse(at, "field", "to lie inside " + textBytes + " bytes", offsets[i]);
      }
    }
    from.end();
    return new FieldTable(offsets, rules);
  }

  private static byte[] variants(Map<Integer, List<GoldenInstruction>> variants, int textBytes) {
    ByteSink to = new ByteSink();
    to.unsigned(variants.size());
    int previous = 0;
    for (Map.Entry<Integer, List<GoldenInstruction>> place : new TreeMap<>(variants).entrySet()) {
      to.unsigned(place.getKey() - previous);
      previous = place.getKey();
      to.unsigned(place.getValue().size());
      for (GoldenInstruction each : place.getValue()) {
        int length = each.bytes().length;
        expect(each.offset() == previous, "a variant of offset " + previous, each.offset());
        expect(length >= 1 && length <= LONGEST_INSTRUCTION, "1 to 15 bytes", length);
        expect(each.offset() <= textBytes - length, "variants inside the text", each.offset());
        write(each, to);
      }
    }
    return to.toByteArray();
  }

  private static void write(GoldenInstruction instruction, ByteSink to) {
    to.u8(instruction.bytes().length);
    to.raw(instruction.bytes());
    to.u8(instruction.fields().size());
    for (GoldenInstruction.Field field : instruction.fields()) {
      expect(
          field.at() >= 0 && field.at() <= instruction.bytes().length - field.rule().size(),
          "fields inside the instruction",
          field.at());
      to.u8(field.at());
      to.u8(Codes.of(field.rule()));
    }
  }

  private static Map<Integer, List<GoldenInstruction>> variants(ByteSource from, int textBytes)
      throws SignatureException {
    int places = from.count("places with variants", MOST_VARIANTS, 1 + 1 + SMALLEST_VARIANT);
    Map<Integer, List<GoldenInstruction>> variants = new HashMap<>(2 * places);
    int left = MOST_VARIANTS;
    int offset = 0;
    for (int i = 0; i < places; i++) {
      offset =
          i == 0 ? from.unsigned("place", textBytes) : offset + from.stepAfter(offset, "place");
      int count = from.count("variants", left, SMALLEST_VARIANT);
      left -= count;
      List<GoldenInstruction> here = new ArrayList<>(count);
      for (int j = 0; j < count; j++) {
        here.add(variant(from, offset, textBytes));
      }
      variants.put(offset, List.copyOf(here));
    }
    from.end();
    return variants;
  }

  private static GoldenInstruction variant(ByteSource from, int offset, int textBytes)
      throws SignatureException {
    int at = from.position();
    int length = from.u8("length of a variant");
    if (length < 1 || length > LONGEST_INSTRUCTION || offset > textBytes - length) {
      throw from.refuse(
          at,
          "length of a variant",
          "1 to 15, inside " + textBytes + " bytes",
          length + " at offset " + offset);
    }
    byte[] bytes = from.raw("variant", length);
    int count = from.count("fields of a variant", length, 2);
    List<GoldenInstruction.Field> fields = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int place = from.position();
      int inside = from.u8("field of a variant");
      FieldRule rule = Codes.rule(from);
      if (inside > length - rule.size()) {
        throw from.refuse(
            place, "field of a variant", "to lie inside " + length + " bytes", inside);
      }
      fields.add(new GoldenInstruction.Field(inside, rule));
    }
    return new GoldenInstruction(offset, bytes, fields);
  }

  private static void expect(boolean holds, String expected, int found) {
    if (!holds) {
      throw new IllegalArgumentException(
          "signature: expected " + expected + ", found " + found + " to be written");
    }
  }
}
