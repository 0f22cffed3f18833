package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.results.Fleet;
import io.plumbline.cli.results.VmCoverage;
import io.plumbline.cli.results.VmFinding;
import io.plumbline.cli.results.VmIdentity;
import io.plumbline.cli.results.VmTrust;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the demo has shown, guest by guest.
 *
 * @param rounds rounds played, by guest
 */
record DemoSummary(Fleet fleet, Map<String, Integer> rounds) {
  Table table() {
    Table table =
        new Table("VM", "BUILD", "IDENTITY", "REACHED", "ROUNDS", "ALERTS", "OPEN", "TRUST");
    rounds.forEach(
        (vm, played) ->
            table.row(
                vm,
                fleet.identity(vm).flatMap(VmIdentity::build).orElse("unknown"),
                fleet.identity(vm).map(VmIdentity::state).orElse("none"),
                fleet
                    .coverage(vm)
                    .map(c -> String.format(Locale.ROOT, "%.1f %%", c.directShare() * 100))
                    .orElse("none"),
                played,
                alerts(vm),
                open(vm),
                fleet.trust(vm).map(VmTrust::state).orElse("none")));
    return table;
  }

  List<ObjectNode> objects() {
    return rounds.entrySet().stream().map(e -> object(e.getKey(), e.getValue())).toList();
  }

  private ObjectNode object(String vm, int played) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("event", "summary").put("vm", vm);
    node.put("build", fleet.identity(vm).flatMap(VmIdentity::build).orElse(null));
    node.put("identity", fleet.identity(vm).map(VmIdentity::state).orElse(null));
    node.put("directShare", fleet.coverage(vm).map(VmCoverage::directShare).orElse(null));
    node.put("rounds", played);
    node.put("alerts", alerts(vm));
    node.put("openFindings", open(vm));
    return node.put("trust", fleet.trust(vm).map(VmTrust::state).orElse(null));
  }

  private long alerts(String vm) {
    return fleet.findings(vm).size();
  }

  private long open(String vm) {
    return fleet.findings(vm).stream().filter(VmFinding::open).count();
  }
}
