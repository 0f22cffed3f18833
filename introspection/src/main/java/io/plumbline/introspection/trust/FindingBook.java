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
    String uid = Finding.uid(vmId, type, place);
    findings.putIfAbsent(
        uid,
        new Finding(
            type,
            type.violation() ? Severity.CRITICAL : Severity.MEDIUM,
            vcpu,
            address,
            symbol,
            owner,
            expected,
            actual,
            path,
            evidence.frame(address),
            uid));
  }

  List<Finding> findings() {
    return List.copyOf(findings.values());
  }
}
