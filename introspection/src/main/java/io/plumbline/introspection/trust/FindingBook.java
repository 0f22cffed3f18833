package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Gathers the findings of one guest, each place once, in the order they were found. */
final class FindingBook {
  private final String vmId;
  private final Evidence evidence;
  private final Map<String, Finding> findings = new LinkedHashMap<>();

  FindingBook(String vmId, Evidence evidence) {
    this.vmId = vmId;
    this.evidence = evidence;
  }

  /**
   * Notes a finding, unless the same kind was noted at the same place.
   *
   * @param place tells it from all other places of the guest, whatever the slide; a place that all
   *     vCPUs share has one, whichever of them shows it first
   */
  void add(
      FindingType type,
      int vcpu,
      GuestVirtualAddress address,
      String symbol,
      String owner,
      String expected,
      String actual,
      List<String> path,
      String place) {
    Severity severity = type.violation() ? Severity.CRITICAL : Severity.MEDIUM;
    add(
        new Observation(
            type, severity, vcpu, address, symbol, owner, expected, actual, path, place));
  }

  /** Notes what a monitor saw, unless the same kind was noted at the same place. */
  void add(Observation seen) {
    String uid = Finding.uid(vmId, seen.type(), seen.place());
    findings.putIfAbsent(
        uid,
        new Finding(
            seen.type(),
            seen.severity(),
            seen.vcpu(),
            seen.address(),
            seen.symbol(),
            seen.owner(),
            seen.expected(),
            seen.actual(),
            seen.path(),
            evidence.frame(seen.address()),
            uid));
  }

  /** Whether something of that type was noted at an address. */
  boolean has(FindingType type, GuestVirtualAddress address) {
    return findings.values().stream()
        .anyMatch(each -> each.type() == type && each.address().equals(address));
  }

  List<Finding> findings() {
    return List.copyOf(findings.values());
  }
}
