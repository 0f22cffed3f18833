package io.plumbline.introspection.code;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** The golden list of differences between the decoder and another tool. */
final class ExplainedDisagreements {
  private static final String RESOURCE = "explained-disagreements.txt";

  /**
   * A class of differences.
   *
   * @param words facts that must hold; with ! in front, that must not
   */
  record Line(String tool, String kind, Pattern opcodes, List<String> words, String reason) {

    private static Line parse(String line) {
      String[] fields = line.split(" \\| ", 5);
      if (fields.length != 5) {
        throw new IllegalArgumentException(RESOURCE + ": expected five fields: " + line);
      }
      String words = fields[3].trim();
      return new Line(
          fields[0].trim(),
          fields[1].trim(),
          Pattern.compile(fields[2].trim().replace(", ", "|")),
          words.equals("-") ? List.of() : Arrays.asList(words.split(" +")),
          fields[4].trim());
    }

    private boolean covers(Disagreement disagreement) {
      Encoding encoding = disagreement.encoding();
      return kind.equals(disagreement.kind().notation)
          && words.stream().allMatch(word -> holds(word, encoding))
          && opcodes.matcher(encoding.opcode()).matches();
    }

    private static boolean holds(String word, Encoding encoding) {
      return word.charAt(0) == '!'
          ? !encoding.words().contains(word.substring(1))
          : encoding.words().contains(word);
    }
  }

  private final List<Line> lines;

  private ExplainedDisagreements(List<Line> lines) {
    this.lines = lines;
  }

  static ExplainedDisagreements with(String tool) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                ExplainedDisagreements.class.getResourceAsStream(RESOURCE),
                StandardCharsets.UTF_8))) {
      return new ExplainedDisagreements(
          reader
              .lines()
              .filter(line -> !line.isBlank() && !line.startsWith("#"))
              .map(Line::parse)
              .filter(line -> line.tool().equals(tool))
              .toList());
    }
  }

  /** The first line that covers it, null if none does. */
  Line explaining(Disagreement disagreement) {
    for (Line line : lines) {
      if (line.covers(disagreement)) {
        return line;
      }
    }
    return null;
  }
}
