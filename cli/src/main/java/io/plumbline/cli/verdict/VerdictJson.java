package io.plumbline.cli.verdict;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.cli.results.Hex;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.reach.ReachStep;
import io.plumbline.introspection.trust.Coverage;
import io.plumbline.introspection.trust.Finding;
import io.plumbline.introspection.trust.Timings;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What {@code verify} and {@code identify} print. A contract: members may be added, none renamed
 * without a line in the change log. What this version does not compute is null.
 */
public final class VerdictJson {
  private VerdictJson() {}

  /** The object that {@code verify} prints. */
  public static ObjectNode of(Judged judged) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("vm", judged.vm());
    ObjectNode image = node.putObject("image").put("format", judged.format());
    image.put("memoryBytes", judged.memoryBytes()).put("cpus", judged.cpus());
    judged.missing().forEach(image.putArray("missing")::add);
    node.set("identity", identity(judged.verdict().identity()));
    node.set("coverage", coverage(judged.verdict().coverage()));
    node.put("trust", judged.verdict().trust().wireName());
    judged.verdict().findings().forEach(f -> node.withArray("findings").add(finding(f)));
    node.withArray("findings");
    judged.verdict().blindSpots().forEach(node.putArray("blindSpots")::add);
    node.set("timings", timings(judged.read(), judged.verdict().timings()));
    return node;
  }

  /** The {@code identity} object. */
  public static ObjectNode identity(Identity identity) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    boolean known = identity.build().isPresent();
    node.put("state", identity.state().wireName());
    node.put("os", identity.build().map(BuildName::os).orElse(null));
    node.put("build", identity.build().map(BuildName::build).orElse(null));
    node.put("version", identity.build().map(BuildName::version).orElse(null));
    node.put("signature", identity.signature().map(SignatureId::value).orElse(null));
    node.put("vector", identity.vector());
    node.put("slide", known ? Hex.of(identity.slide()) : null);
    node.put("distance", known ? Integer.valueOf(identity.distance()) : null);
    Optional<Identity.RunnerUp> second = identity.runnerUp();
    if (second.isPresent()) {
      ObjectNode runnerUp = node.putObject("runnerUp").put("build", second.get().build().build());
      runnerUp.put("distance", second.get().distance());
    } else {
      node.putNull("runnerUp");
    }
    return node;
  }

  private static ObjectNode coverage(Coverage coverage) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    OptionalLong fixpoint = coverage.fixpointBytes();
    node.put("executableBytes", coverage.executableBytes());
    node.put("directBytes", coverage.directBytes());
    node.put("fixpointBytes", fixpoint.isPresent() ? Long.valueOf(fixpoint.getAsLong()) : null);
    node.put("verifiedBytes", coverage.verifiedBytes());
    node.put("unaccountedBytes", coverage.unaccountedBytes());
    node.put("textBytes", coverage.textBytes());
    node.put("directShare", coverage.directShare());
    boolean shared = fixpoint.isPresent() && coverage.textBytes() > 0;
    node.put(
        "fixpointShare",
        shared ? Double.valueOf((double) fixpoint.getAsLong() / coverage.textBytes()) : null);
    node.put("verifiedShare", coverage.verifiedShare());
    ObjectNode steps = node.putObject("bytesByStep");
    for (ReachStep step : ReachStep.values()) {
      if (coverage.bytesByStep().containsKey(step)) {
        steps.put(step.wireName(), coverage.bytesByStep().get(step));
      }
    }
    return node;
  }

  /** The object of one finding. */
  public static ObjectNode finding(Finding finding) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("type", finding.type().wireName());
    node.put("severity", finding.severity().wireName());
    node.put("vcpu", finding.vcpu());
    node.put("address", Hex.of(finding.address().value()));
    node.put("symbol", finding.symbol());
    node.put("owner", finding.owner());
    node.put("expected", finding.expected());
    node.put("actual", finding.actual());
    finding.path().forEach(node.putArray("path")::add);
    node.putObject("page").put("frame", finding.frame().map(f -> Hex.of(f.value())).orElse(null));
    return node.put("uid", finding.uid());
  }

  private static ObjectNode timings(Duration read, Timings timings) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("readMs", read.toMillis());
    node.put("identifyMs", Duration.ofNanos(timings.identifyNanos()).toMillis());
    node.put("verifyMs", Duration.ofNanos(timings.verifyNanos()).toMillis());
    return node.put("exploreMs", Duration.ofNanos(timings.exploreNanos()).toMillis());
  }
}
