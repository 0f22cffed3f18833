package io.plumbline.introspection.drill;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Judge;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes techniques on copies of one guest and asks the judge about each: what was found at its
 * place, what was missed, what else was reported. Every copy is judged on first sight, as a guest
 * that was infected before anybody looked. What is reported of the guest as it is counts for none.
 */
public final class Drill {
  private final Judge judge;
  private final SignatureBook book;
  private final Subject subject;
  private final Verdict baseline;
  private final Set<String> known;

  private Drill(Judge judge, SignatureBook book, Subject subject, Verdict baseline) {
    this.judge = judge;
    this.book = book;
    this.subject = subject;
    this.baseline = baseline;
    this.known = baseline.findings().stream().map(Finding::uid).collect(Collectors.toSet());
  }

  /**
   * Prepares a drill.
   *
   * @param budget bounds of the first look at the guest
   * @throws UnfitForDrillException if the guest's build is not known from a package to the last
   *     byte, or if the guest is tampered with already
   */
  public static Drill of(Judge judge, Guest guest, SignatureBook book, ExplorationBudget budget)
      throws UnfitForDrillException {
    Verdict baseline = judge.judge(guest, book);
    if (baseline.trust() == TrustState.VIOLATED) {
      throw new UnfitForDrillException(
          UnfitForDrillException.Reason.VIOLATED,
          "expected a guest without violations, found " + violations(baseline));
    }
    Identity identity = baseline.identity();
    PackageSignature signature =
        packageOf(identity, book)
            .orElseThrow(
                () ->
                    new UnfitForDrillException(
                        UnfitForDrillException.Reason.UNKNOWN_BUILD,
                        "expected a build that is known from its package, found "
                            + identity.state().wireName()
                            + baseline.blindSpots().stream()
                                .map(spot -> "; " + spot)
                                .collect(Collectors.joining())));
    GuestKernel kernel =
        GuestKernel.of(guest.memory(), guest.vcpus(), budget).kernel().orElseThrow();
    Subject subject = Subject.of(guest, kernel, signature, identity.slide());
    return new Drill(judge, book, subject, baseline);
  }

  private static String violations(Verdict verdict) {
    return verdict.findings().stream()
        .filter(finding -> finding.type().violation())
        .limit(3)
        .map(finding -> finding.type().wireName() + " " + finding.symbol())
        .collect(Collectors.joining(", "));
  }

  private static Optional<PackageSignature> packageOf(Identity identity, SignatureBook book) {
    if (identity.state() != Identity.State.EXACT) {
      return Optional.empty();
    }
    for (KernelSignature each : book.signatures()) {
      boolean named = identity.signature().filter(each.id()::equals).isPresent();
      if (named && each instanceof PackageSignature signature) {
        return Optional.of(signature);
      }
    }
    return Optional.empty();
  }

  /** What is said of the guest as it is. */
  public Verdict baseline() {
    return baseline;
  }

  /** Makes one technique on a copy of the guest and has it judged. */
  public DrillRow row(Technique technique) {
    Scene scene = new Scene(subject);
    Optional<String> whyNot = technique.whyNot(scene);
    if (whyNot.isPresent()) {
      return DrillRow.notMade(technique, whyNot.get());
    }
    Tampering tampering = technique.apply(scene);
    Verdict verdict = judge.judge(tampering.tampered(), book);
    List<Expected> missed = new ArrayList<>(tampering.expected());
    List<Finding> found = new ArrayList<>();
    List<Finding> consequences = new ArrayList<>();
    List<Finding> extra = new ArrayList<>();
    for (Finding finding : verdict.findings()) {
      if (missed.removeIf(expected -> expected.is(finding))) {
        found.add(finding);
      } else if (!known.contains(finding.uid())) {
        (follows(finding, scene, tampering.expected()) ? consequences : extra).add(finding);
      }
    }
    return new DrillRow(
        technique,
        whyNot,
        Optional.of(verdict.identity()),
        Optional.of(verdict.trust()),
        tampering.expected(),
        found,
        missed,
        consequences,
        extra);
  }

  /** Whether the finding is about a pointer to what has to be reported. */
  private static boolean follows(Finding finding, Scene scene, List<Expected> expected) {
    return finding.type() == FindingType.UNEXPECTED_CONTROL_FLOW_TARGET
        && scene.pointerAt(finding.address().value()).stream()
            .anyMatch(target -> expected.stream().anyMatch(each -> each.holds(target)));
  }
}
