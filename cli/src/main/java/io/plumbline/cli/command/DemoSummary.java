package io.plumbline.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.answers.GuestScore;
import io.plumbline.cli.console.Table;
import io.plumbline.cli.results.Fleet;
import io.plumbline.cli.results.VmCoverage;
import io.plumbline.cli.results.VmIdentity;
import io.plumbline.cli.results.VmTrust;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the demo has shown, guest by guest, and whether it is what was done to the guests.
 *
 * @param scores by guest, in the order of their turns
 */
record DemoSummary(Fleet fleet, Map<String, GuestScore> scores) {
  /** Whether everything that was done, and nothing else, was reported of every guest. */
  boolean asExpected() {
    return !scores.isEmpty() && scores.values().stream().allMatch(GuestScore::asExpected);
  }

  Table table() {
    Table table =
        new Table(
            "VM",
            "BUILD",
            "RIGHT",
            "REACHED",
            "ROUNDS",
            "QUIET ROUNDS SILENT",
            "TAMPERINGS ALERTED",
            "FALSE ALERTS",
            "TRUST NOW");
    scores.forEach(
        (vm, score) ->
            table.row(
                vm,
                fleet.identity(vm).flatMap(VmIdentity::build).orElse("unknown"),
                score.buildRight() ? "yes" : "NO",
                fleet
                    .coverage(vm)
                    .map(c -> String.format(Locale.ROOT, "%.1f %%", c.directShare() * 100))
                    .orElse("none"),
                score.played(),
                score.silentRounds() + " of " + score.quietRounds(),
                score.alertedRounds() + " of " + score.tamperingRounds(),
                score.unexpectedFindings(),
                fleet.trust(vm).map(VmTrust::state).orElse("none")));
    return table;
  }

  /** The last line for a person. */
  String conclusion() {
    long wrong = scores.values().stream().filter(score -> !score.asExpected()).count();
    return wrong == 0
        ? "All as it was done to the guests: every tampering alerted in its round, every other"
            + " round silent."
        : "NOT as it was done to the guests: " + wrong + " of " + scores.size() + " differ.";
  }

  List<ObjectNode> objects() {
    return scores.entrySet().stream().map(e -> object(e.getKey(), e.getValue())).toList();
  }

  private ObjectNode object(String vm, GuestScore score) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("event", "summary").put("vm", vm);
    node.put("build", fleet.identity(vm).flatMap(VmIdentity::build).orElse(null));
    node.put("buildRight", score.buildRight());
    node.put("directShare", fleet.coverage(vm).map(VmCoverage::directShare).orElse(null));
    node.put("rounds", score.played());
    node.put("quietRounds", score.quietRounds());
    node.put("silentRounds", score.silentRounds());
    node.put("tamperingRounds", score.tamperingRounds());
    node.put("alertedRounds", score.alertedRounds());
    node.put("unexpectedFindings", score.unexpectedFindings());
    node.put("trust", fleet.trust(vm).map(VmTrust::state).orElse(null));
    return node.put("asExpected", score.asExpected());
  }
}
