package io.plumbline.introspection.code;

import java.util.HexFormat;

/**
 * One place that the decoder and a tool read differently.
 *
 * @param bytes fifteen of them, or fewer at the end of the code, in hexadecimal
 */
record Disagreement(Kind kind, Encoding encoding, Opinion ours, Opinion theirs, String bytes) {

  enum Kind {
    /** The decoder has an instruction there, the tool has none. */
    ONLY_OURS("+ -"),
    /** The tool has an instruction there, the decoder has none. */
    ONLY_THEIRS("- +"),
    LENGTH("length"),
    /** The lengths agree, but not where control can go. */
    FLOW("flow"),
    /** A direct transfer whose target they read differently. */
    TARGET("target");

    final String notation;

    Kind(String notation) {
      this.notation = notation;
    }
  }

  /**
   * Of two that are not of one opinion.
   *
   * @param alone whether the other tool reads it as the decoder does, so that this one is alone
   */
  static Disagreement of(
      byte[] code, int offset, CodeMode mode, Opinion ours, Opinion theirs, boolean alone) {
    Kind kind = kind(ours, theirs);
    int end = Math.min(code.length, offset + InstructionDecoder.MAXIMUM_LENGTH);
    String bytes = HexFormat.of().formatHex(code, offset, end);
    Encoding encoding = Encoding.of(code, offset, mode);
    encoding = alone ? encoding.with("alone") : encoding;
    boolean over = theirs.length() > InstructionDecoder.MAXIMUM_LENGTH;
    return new Disagreement(kind, over ? encoding.with("over") : encoding, ours, theirs, bytes);
  }

  private static Kind kind(Opinion ours, Opinion theirs) {
    if (ours.length() == 0 || theirs.length() == 0) {
      return ours.length() == 0 ? Kind.ONLY_THEIRS : Kind.ONLY_OURS;
    }
    if (ours.length() != theirs.length()) {
      return Kind.LENGTH;
    }
    return ours.flow() == theirs.flow() ? Kind.TARGET : Kind.FLOW;
  }

  @Override
  public String toString() {
    return String.format("%s %s %s: %s, other %s", bytes, kind, encoding, ours, theirs);
  }
}
