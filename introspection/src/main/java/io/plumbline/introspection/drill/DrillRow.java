package io.plumbline.introspection.drill;

import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.TrustState;
import java.util.List;
import java.util.Optional;

/**
 * What was said of a guest after one technique was made on its copy.
 *
 * @param whyNot why the technique is not for this guest; empty if it was made
 * @param identity which build the tampered guest was said to run; empty if nothing was made
 * @param trust of the tampered guest; empty if nothing was made
 * @param expected everything that had to be reported
 * @param found findings that were expected
 * @param missed what was expected and not reported
 * @param consequences findings that were not expected and are true: pointers that lead to a place
 *     which had to be reported
 * @param extra other findings that were not expected, and that the guest does not have untampered
 */
public record DrillRow(
    Technique technique,
    Optional<String> whyNot,
    Optional<Identity> identity,
    Optional<TrustState> trust,
    List<Expected> expected,
    List<Finding> found,
    List<Expected> missed,
    List<Finding> consequences,
    List<Finding> extra) {
  public DrillRow {
    expected = List.copyOf(expected);
    found = List.copyOf(found);
    missed = List.copyOf(missed);
    consequences = List.copyOf(consequences);
    extra = List.copyOf(extra);
  }

  static DrillRow notMade(Technique technique, String whyNot) {
    return new DrillRow(
        technique,
        Optional.of(whyNot),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }

  /** Whether the technique can be made on this guest. */
  public boolean applicable() {
    return whyNot.isEmpty();
  }

  /** Whether all that was expected was reported, and nothing else; so too if nothing was made. */
  public boolean asExpected() {
    return missed.isEmpty() && extra.isEmpty();
  }
}
