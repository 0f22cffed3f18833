package io.plumbline.cli.results;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The newest state of every guest, folded from results in the order of their topics. Results may
 * come again: a state of an older round never replaces a newer one, and a finding is one finding by
 * its uid however often it is said.
 */
public final class Fleet {
  private final Map<String, VmIdentity> identities = new TreeMap<>();
  private final Map<String, VmTrust> trust = new TreeMap<>();
  private final Map<String, VmCoverage> coverage = new TreeMap<>();
  private final Map<String, VmFinding> findings = new LinkedHashMap<>();

  /**
   * Takes in one result.
   *
   * @return whether it says something new of its guest, as a replayed finding or an unchanged state
   *     does not
   */
  public boolean apply(Result result) {
    if (result instanceof VmIdentity identity) {
      VmIdentity before = newer(identities, identity.vmId(), identity);
      return before == null
          || !before.build().equals(identity.build())
          || !before.state().equals(identity.state());
    } else if (result instanceof VmTrust verdict) {
      VmTrust before = newer(trust, verdict.vmId(), verdict);
      return before == null
          || !before.state().equals(verdict.state())
          || !before.remark().equals(verdict.remark());
    } else if (result instanceof VmCoverage covered) {
      return newer(coverage, covered.vmId(), covered) == null;
    } else if (result instanceof VmFinding finding) {
      VmFinding before = newer(findings, finding.uid(), finding);
      return before == null
          || (findings.get(finding.uid()).equals(finding)
              && !before.activity().equals(finding.activity()));
    }
    return true;
  }

  /**
   * Puts {@code result} unless a later state is known; the state before, null if there was none.
   */
  private static <R extends Result> R newer(Map<String, R> known, String key, R result) {
    R before = known.get(key);
    if (before == null || !before.capturedAt().isAfter(result.capturedAt())) {
      known.put(key, result);
    }
    return before;
  }

  /** Every guest that anything is known of, by name. */
  public Collection<String> vms() {
    TreeMap<String, Boolean> names = new TreeMap<>();
    identities.keySet().forEach(vm -> names.put(vm, true));
    trust.keySet().forEach(vm -> names.put(vm, true));
    findings.values().forEach(finding -> names.put(finding.vmId(), true));
    return List.copyOf(names.keySet());
  }

  public Optional<VmIdentity> identity(String vmId) {
    return Optional.ofNullable(identities.get(vmId));
  }

  public Optional<VmTrust> trust(String vmId) {
    return Optional.ofNullable(trust.get(vmId));
  }

  public Optional<VmCoverage> coverage(String vmId) {
    return Optional.ofNullable(coverage.get(vmId));
  }

  /** Findings of every guest as last said, closed ones included, oldest first. */
  public List<VmFinding> findings() {
    return findings.values().stream()
        .sorted(Comparator.comparing(VmFinding::firstSeenAt).thenComparing(VmFinding::uid))
        .toList();
  }

  /** Findings of one guest as last said, closed ones included, oldest first. */
  public List<VmFinding> findings(String vmId) {
    return findings().stream().filter(finding -> finding.vmId().equals(vmId)).toList();
  }
}
