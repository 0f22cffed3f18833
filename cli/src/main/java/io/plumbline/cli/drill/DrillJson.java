package io.plumbline.cli.drill;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.results.Hex;
import io.plumbline.cli.verdict.VerdictJson;
import io.plumbline.introspection.drill.DrillRow;
import io.plumbline.introspection.drill.Expected;
import io.plumbline.introspection.trust.Severity;
import io.plumbline.introspection.trust.TrustState;

/**
 * What {@code drill} prints as JSON. A contract: members may be added, none renamed without a line
 * in the change log.
 */
public final class DrillJson {
  private DrillJson() {}

  /** The object of one guest. */
  public static ObjectNode of(DrillReport report) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("vm", report.vm());
    ObjectNode baseline = node.putObject("baseline");
    baseline.set("identity", VerdictJson.identity(report.baseline().identity()));
    baseline.put("trust", report.baseline().trust().wireName());
    ArrayNode findings = baseline.putArray("findings");
    report.baseline().findings().forEach(each -> findings.add(VerdictJson.finding(each)));
    report.baseline().blindSpots().forEach(baseline.putArray("blindSpots")::add);
    ArrayNode techniques = node.putArray("techniques");
    report.rows().forEach(row -> techniques.add(row(row)));
    node.putObject("summary")
        .put("found", report.found())
        .put("missed", report.missed())
        .put("withExtra", report.withExtra())
        .put("notApplicable", report.notApplicable());
    return node;
  }

  /** The object of one technique, for a line of its own. */
  public static ObjectNode line(String vm, DrillRow row) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("vm", vm);
    node.setAll(row(row));
    return node;
  }

  private static ObjectNode row(DrillRow row) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("technique", row.technique().name());
    node.put("theme", row.technique().theme());
    node.put("how", row.technique().how());
    node.put("whyNot", row.whyNot().orElse(null));
    node.put("asExpected", row.asExpected());
    row.identity()
        .ifPresentOrElse(
            identity -> {
              node.put("identity", identity.state().wireName());
              node.put("build", identity.build().map(name -> name.build()).orElse(null));
            },
            () -> node.putNull("identity").putNull("build"));
    node.put("trust", row.trust().map(TrustState::wireName).orElse(null));
    row.expected().forEach(each -> node.withArray("expected").add(expected(each)));
    node.withArray("expected");
    ArrayNode found = node.putArray("found");
    row.found().forEach(each -> found.add(VerdictJson.finding(each)));
    ArrayNode missed = node.putArray("missed");
    row.missed().forEach(each -> missed.add(expected(each)));
    ArrayNode consequences = node.putArray("consequences");
    row.consequences().forEach(each -> consequences.add(VerdictJson.finding(each)));
    ArrayNode extra = node.putArray("extra");
    row.extra().forEach(each -> extra.add(VerdictJson.finding(each)));
    return node;
  }

  private static ObjectNode expected(Expected expected) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("type", expected.type().wireName());
    node.put("address", Hex.of(expected.address().value()));
    node.put("symbol", expected.symbol());
    expected.vcpu().ifPresentOrElse(vcpu -> node.put("vcpu", vcpu), () -> node.putNull("vcpu"));
    return node.put("severity", expected.severity().map(Severity::wireName).orElse(null));
  }
}
