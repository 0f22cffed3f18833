package io.plumbline.cli.answers;

import io.plumbline.cli.results.Result;
import io.plumbline.cli.results.VmFinding;
import io.plumbline.cli.results.VmIdentity;
import io.plumbline.cli.results.VmTrust;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What was said of one guest, held against its key. Results may come again and in any order: a
 * finding counts once for each round in which it opened. For one thread.
 */
public final class GuestScore {
  private final AnswerKey key;
  private final Set<String> builds = new TreeSet<>();
  private final Set<String> counted = new HashSet<>();
  private final List<VmFinding> opened = new ArrayList<>();
  private Optional<VmTrust> last = Optional.empty();
  private long played;

  public GuestScore(AnswerKey key) {
    this.key = key;
  }

  /** A round of the guest was played. */
  public void roundPlayed() {
    played++;
  }

  /** Takes in what was said of this guest. */
  public void add(Result result) {
    if (result instanceof VmIdentity identity) {
      builds.add(identity.build().orElse("unknown"));
    } else if (result instanceof VmTrust trust) {
      boolean newer = last.isEmpty() || last.get().round() <= trust.round();
      last = newer ? Optional.of(trust) : last;
    } else if (result instanceof VmFinding finding && finding.open()) {
      // The same id may open again in a later round; a replay says the same round again.
      if (counted.add(finding.round() + "/" + finding.uid())) {
        opened.add(finding);
      }
    }
  }

  /** Whether the guest was given its build's name, and never another. */
  public boolean buildRight() {
    return builds.equals(Set.of(key.build()));
  }

  /** Rounds played so far. */
  public long played() {
    return played;
  }

  /** Rounds in which nothing was done that has to be reported. */
  public int quietRounds() {
    return rounds(false);
  }

  /** Quiet rounds of which nothing was reported; rounds not played do not count. */
  public int silentRounds() {
    return (int)
        IntStream.range(0, roundsToLookAt())
            .filter(round -> !key.rounds().get(round).tampering())
            .filter(round -> opened(round).isEmpty())
            .count();
  }

  /** Rounds in which something was tampered with. */
  public int tamperingRounds() {
    return rounds(true);
  }

  /** Tampering rounds of which just what was done was reported, within the round. */
  public int alertedRounds() {
    return (int)
        IntStream.range(0, roundsToLookAt())
            .filter(round -> key.rounds().get(round).tampering())
            .filter(this::exactlyReported)
            .count();
  }

  /** Findings that opened and that the key does not have. */
  public int unexpectedFindings() {
    return (int)
        opened.stream()
            .filter(
                finding ->
                    finding.round() >= key.rounds().size()
                        || key.rounds().get((int) finding.round()).findings().stream()
                            .noneMatch(wanted -> wanted.is(finding)))
            .count();
  }

  /** Whether everything in the key, and nothing else, was said. */
  public boolean asExpected() {
    boolean endsQuiet = !key.rounds().get(key.rounds().size() - 1).tampering();
    boolean trusted = last.filter(each -> each.state().equals("trusted")).isPresent();
    return buildRight()
        && played == key.rounds().size()
        && silentRounds() == quietRounds()
        && alertedRounds() == tamperingRounds()
        && unexpectedFindings() == 0
        && endsQuiet == trusted;
  }

  private int roundsToLookAt() {
    return (int) Math.min(played, key.rounds().size());
  }

  private int rounds(boolean tampering) {
    return (int) key.rounds().stream().filter(round -> round.tampering() == tampering).count();
  }

  private List<VmFinding> opened(int round) {
    return opened.stream().filter(finding -> finding.round() == round).toList();
  }

  private boolean exactlyReported(int round) {
    List<ExpectedFinding> wanted = key.rounds().get(round).findings();
    List<VmFinding> said = opened(round);
    return said.size() == wanted.size()
        && wanted.stream().allMatch(each -> said.stream().anyMatch(each::is));
  }
}
