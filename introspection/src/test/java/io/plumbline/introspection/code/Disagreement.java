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

  /** Null if the two are of one opinion. */
  static Disagreement of(byte[] code, int offset, CodeMode mode, Opinion ours, Opinion theirs) {
    Kind kind = kind(ours, theirs);
    if (kind == null) {
      return null;
    }
    int end = Math.min(code.length, offset + InstructionDecoder.MAXIMUM_LENGTH);
    String bytes = HexFormat.of().formatHex(code, offset, end);
    return new Disagreement(kind, Encoding.of(code, offset, mode), ours, theirs, bytes);
  }

  private static Kind kind(Opinion ours, Opinion theirs) {
    if (ours.equals(theirs)) {
      return null;
    }
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
