package io.plumbline.cli.results;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Table;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The guests of a fleet and their findings as rows of a table and as JSON. */
public final class FleetRows {
  private FleetRows() {}

  /** A row for each guest. */
  public static Table table(Fleet fleet) {
    Table table = new Table("VM", "BUILD", "IDENTITY", "TRUST", "OPEN", "REACHED", "CAPTURED");
    for (String vm : fleet.vms()) {
      table.row(
          vm,
          fleet.identity(vm).flatMap(VmIdentity::build).orElse("unknown"),
          fleet.identity(vm).map(VmIdentity::state).orElse("none"),
          fleet.trust(vm).map(t -> t.state() + t.remark()).orElse("none"),
          open(fleet, vm).size(),
          fleet
              .coverage(vm)
              .map(c -> String.format(Locale.ROOT, "%.1f %%", c.directShare() * 100))
              .orElse("none"),
          captured(fleet, vm).map(Instant::toString).orElse(""));
    }
    return table;
  }

  /** An object for each guest. */
  public static List<ObjectNode> objects(Fleet fleet) {
    return fleet.vms().stream().map(vm -> summary(fleet, vm)).toList();
  }

  private static ObjectNode summary(Fleet fleet, String vm) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("vm", vm);
    node.put("build", fleet.identity(vm).flatMap(VmIdentity::build).orElse(null));
    node.put("identity", fleet.identity(vm).map(VmIdentity::state).orElse(null));
    node.put("trust", fleet.trust(vm).map(VmTrust::state).orElse(null));
    node.put("stale", fleet.trust(vm).map(VmTrust::stale).orElse(null));
    node.put("liveness", fleet.trust(vm).map(VmTrust::liveness).orElse(null));
    node.put("openFindings", open(fleet, vm).size());
    node.put("directShare", fleet.coverage(vm).map(VmCoverage::directShare).orElse(null));
    return node.put("capturedAt", captured(fleet, vm).map(Instant::toString).orElse(null));
  }

  /** Everything that is known of one guest, open findings included. */
  public static ObjectNode detail(Fleet fleet, String vm) {
    ObjectNode node = summary(fleet, vm);
    node.set("identity", fleet.identity(vm).map(ResultJson::of).orElse(null));
    node.set("verdict", fleet.trust(vm).map(ResultJson::of).orElse(null));
    node.set("coverage", fleet.coverage(vm).map(ResultJson::of).orElse(null));
    ArrayNode findings = node.putArray("findings");
    open(fleet, vm).forEach(finding -> findings.add(ResultJson.of(finding)));
    return node;
  }

  /** A row for each finding. */
  public static Table table(List<VmFinding> findings) {
    Table table = new Table("VM", "SEVERITY", "TYPE", "PLACE", "ACTIVITY", "FIRST SEEN", "UID");
    for (VmFinding each : findings) {
      table.row(
          each.vmId(),
          each.severity(),
          each.type(),
          each.place(),
          each.activity(),
          each.firstSeenAt(),
          each.uid());
    }
    return table;
  }

  /** Findings of a guest that are open. */
  public static List<VmFinding> open(Fleet fleet, String vm) {
    return fleet.findings(vm).stream().filter(VmFinding::open).toList();
  }

  private static Optional<Instant> captured(Fleet fleet, String vm) {
    return Stream.of(fleet.identity(vm), fleet.trust(vm), fleet.coverage(vm))
        .flatMap(Optional::stream)
        .map(Result::capturedAt)
        .max(Instant::compareTo);
  }
}
