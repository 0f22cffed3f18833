package io.plumbline.introspection.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** How often the decoder and one tool agreed, and by which line of the golden list they did not. */
public final class Tally {
  /** Unexplained disagreements that are shown; all are counted. */
  private static final int SHOWN = 100;

  private final ExplainedDisagreements explained;
  private final Map<ExplainedDisagreements.Line, Long> byLine = new LinkedHashMap<>();
  private final List<Disagreement> unexplained = new ArrayList<>();
  private long unexplainedCount;
  private long compared;
  private long instructions;

  /**
   * @param tool capstone or objdump, as the golden list names it
   */
  Tally(String tool) throws IOException {
    this(ExplainedDisagreements.with(tool));
  }

  private Tally(ExplainedDisagreements explained) {
    this.explained = explained;
  }

  /** One of the same tool, with nothing compared yet, which {@link #add} can take. */
  public Tally fresh() {
    return new Tally(explained);
  }

  /**
   * @param otherAgrees whether the other tool is of the decoder's opinion; asked if this one is not
   */
  void compare(
      byte[] code,
      int offset,
      CodeMode mode,
      Opinion ours,
      Opinion theirs,
      BooleanSupplier otherAgrees) {
    compared++;
    instructions += Integer.signum(ours.length());
    if (ours.equals(theirs)) {
      return;
    }
    boolean alone = otherAgrees.getAsBoolean();
    Disagreement disagreement = Disagreement.of(code, offset, mode, ours, theirs, alone);
    ExplainedDisagreements.Line line = explained.explaining(disagreement);
    if (line != null) {
      byLine.merge(line, 1L, Long::sum);
      return;
    }
    unexplainedCount++;
    if (unexplained.size() < SHOWN) {
      unexplained.add(disagreement);
    }
  }

  /** Places that both were asked about. */
  public long compared() {
    return compared;
  }

  /** Places at which this decoder found an instruction. */
  public long instructions() {
    return instructions;
  }

  /** Disagreements that a line of the golden list explains. */
  public long explained() {
    return byLine.values().stream().mapToLong(Long::longValue).sum();
  }

  /** All disagreements, explained or not. */
  public long disagreements() {
    return explained() + unexplainedCount;
  }

  public long unexplained() {
    return unexplainedCount;
  }

  /** What {@code other} compared as well. */
  public void add(Tally other) {
    compared += other.compared;
    instructions += other.instructions;
    unexplainedCount += other.unexplainedCount;
    other.byLine.forEach((line, count) -> byLine.merge(line, count, Long::sum));
    other.unexplained.stream().limit(SHOWN - unexplained.size()).forEach(unexplained::add);
  }

  /** A line for each class of disagreements: how many, and why. */
  public String classes() {
    StringBuilder text = new StringBuilder();
    byLine.entrySet().stream()
        .sorted(Map.Entry.<ExplainedDisagreements.Line, Long>comparingByValue().reversed())
        .forEach(
            each ->
                text.append(
                    String.format(
                        "%10d  %s  %s: %s%n",
                        each.getValue(),
                        each.getKey().kind(),
                        each.getKey().opcodes(),
                        each.getKey().reason())));
    return text.toString();
  }

  /**
   * @param what was compared, for the message
   */
  public void assertAllExplained(String what) {
    assertThat(unexplained)
        .as("%s: %d of %d unexplained", what, unexplainedCount, compared)
        .isEmpty();
  }
}
