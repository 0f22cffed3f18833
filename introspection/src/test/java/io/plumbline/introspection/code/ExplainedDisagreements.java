package io.plumbline.introspection.code;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/** The golden list of differences between the decoder and another tool. */
final class ExplainedDisagreements {
  private record Line(
      String tool, Pattern opcodes, String prefix, boolean decoder, boolean other, String reason) {}

  private final List<Line> lines;

  private ExplainedDisagreements(List<Line> lines) {
    this.lines = lines;
  }

  static ExplainedDisagreements with(String tool) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                ExplainedDisagreements.class.getResourceAsStream("explained-disagreements.txt"),
                StandardCharsets.UTF_8))) {
      return new ExplainedDisagreements(
          reader
              .lines()
              .filter(line -> !line.startsWith("#"))
              .map(ExplainedDisagreements::parse)
              .filter(line -> line.tool().equals(tool))
              .toList());
    }
  }

  private static Line parse(String line) {
    String[] fields = line.split(" \\| ");
    if (fields.length != 6) {
      throw new IllegalArgumentException("expected six fields: " + line);
    }
    return new Line(
        fields[0],
        Pattern.compile(fields[1].replace(',', '|')),
        fields[2],
        fields[3].equals("+"),
        fields[4].equals("+"),
        fields[5]);
  }

  /** Whether a line covers the bytes from {@code offset} on. */
  boolean cover(byte[] code, int offset, CodeMode mode, int length, int otherLength) {
    int at = offset;
    int end = Math.min(code.length - 3, offset + InstructionDecoder.MAXIMUM_LENGTH);
    StringBuilder prefixes = new StringBuilder("any");
    String prefix = prefixName(code[at], mode);
    while (at < end && prefix != null) {
      prefixes.append(' ').append(prefix);
      prefix = prefixName(code[++at], mode);
    }
    String opcode = opcode(code, at);
    return lines.stream()
        .anyMatch(
            line ->
                line.decoder() == length > 0
                    && line.other() == otherLength > 0
                    && prefixes.indexOf(line.prefix()) >= 0
                    && line.opcodes().matcher(opcode).matches());
  }

  private static String opcode(byte[] code, int at) {
    if (code[at] != 0x0f) {
      return String.format("%02x", code[at]);
    }
    return code[at + 1] == 0x38 || code[at + 1] == 0x3a
        ? String.format("0f%02x%02x", code[at + 1], code[at + 2])
        : String.format("0f%02x", code[at + 1]);
  }

  private static String prefixName(byte value, CodeMode mode) {
    int prefix = value & 0xff;
    return switch (prefix) {
      case 0xf0 -> "lock";
      case 0xf2, 0xf3 -> "rep";
      case 0x66 -> "66";
      case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x67 -> "other";
      default -> mode == CodeMode.LONG_64 && prefix >> 4 == 4 ? "rex" : null;
    };
  }
}
