package io.plumbline.cli.drill;

import io.plumbline.introspection.drill.DrillRow;
import io.plumbline.introspection.trust.Verdict;
import java.util.List;
import java.util.function.Predicate;

/**
 * The drill of one guest.
 *
 * @param vm the guest's name
 * @param baseline what is said of the guest as it is
 * @param rows one for each technique that was asked for
 */
public record DrillReport(String vm, Verdict baseline, List<DrillRow> rows) {
  public DrillReport {
    rows = List.copyOf(rows);
  }

  /** Techniques all of whose findings were reported. */
  public int found() {
    return count(row -> row.applicable() && row.missed().isEmpty());
  }

  /** Techniques of which something was not reported. */
  public int missed() {
    return count(row -> !row.missed().isEmpty());
  }

  /** Techniques besides which something else was reported. */
  public int withExtra() {
    return count(row -> !row.extra().isEmpty());
  }

  /** Techniques that are not for this guest. */
  public int notApplicable() {
    return count(row -> !row.applicable());
  }

  /** Whether every technique that can be made was found, and nothing else reported. */
  public boolean asExpected() {
    return rows.stream().allMatch(DrillRow::asExpected);
  }

  private int count(Predicate<DrillRow> which) {
    return (int) rows.stream().filter(which).count();
  }
}
