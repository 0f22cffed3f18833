package io.plumbline.cli.results;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Results as JSON objects; the member {@code event} says of which kind. */
public final class ResultJson {
  private ResultJson() {}

  /** The JSON object of any result. */
  public static ObjectNode of(Result result) {
    if (result instanceof VmIdentity identity) {
      return identity(identity);
    } else if (result instanceof VmTrust trust) {
      return trust(trust);
    } else if (result instanceof VmCoverage coverage) {
      return coverage(coverage);
    } else if (result instanceof VmFinding finding) {
      return finding(finding);
    } else if (result instanceof RefusedRecord refused) {
      return event("refused", refused).put("reason", refused.reason());
    } else if (result instanceof ResyncWanted resync) {
      return event("resync", resync).put("reason", resync.reason());
    }
    throw new IllegalStateException("no JSON form for " + result.getClass());
  }

  private static ObjectNode identity(VmIdentity identity) {
    ObjectNode node = event("identity", identity).put("round", identity.round());
    node.put("state", identity.state());
    put(node, "os", identity.os());
    put(node, "build", identity.build());
    put(node, "version", identity.version());
    put(node, "signature", identity.signature());
    put(node, "vector", identity.vector());
    node.put("slide", hex(identity.slide()));
    put(node, "distance", identity.distance());
    if (identity.runnerUpBuild().isPresent()) {
      ObjectNode runnerUp = node.putObject("runnerUp");
      put(runnerUp, "build", identity.runnerUpBuild());
      put(runnerUp, "distance", identity.runnerUpDistance());
    } else {
      node.putNull("runnerUp");
    }
    return node.put("reason", identity.reason());
  }

  private static ObjectNode trust(VmTrust trust) {
    ObjectNode node = event("trust", trust).put("round", trust.round());
    node.put("trust", trust.state());
    node.put("stale", trust.stale());
    node.put("liveness", trust.liveness());
    put(node, "silentSince", trust.silentSince().map(Instant::toString));
    node.put("openFindings", trust.openFindings());
    trust.reasons().forEach(node.putArray("reasons")::add);
    return node;
  }

  private static ObjectNode coverage(VmCoverage coverage) {
    ObjectNode node = event("coverage", coverage).put("round", coverage.round());
    node.put("executableBytes", coverage.executableBytes());
    node.put("directBytes", coverage.directBytes());
    put(node, "fixpointBytes", coverage.fixpointBytes());
    put(node, "verifiedBytes", coverage.verifiedBytes());
    put(node, "unaccountedBytes", coverage.unaccountedBytes());
    node.put("textBytes", coverage.textBytes());
    node.put("roundsCoalesced", coverage.roundsCoalesced());
    return node.put("directShare", coverage.directShare());
  }

  private static ObjectNode finding(VmFinding finding) {
    ObjectNode node = event("finding", finding).put("round", finding.round());
    node.put("activity", finding.activity());
    node.put("firstSeenAt", finding.firstSeenAt().toString());
    node.put("type", finding.type());
    node.put("severity", finding.severity());
    put(node, "vcpu", finding.vcpu());
    node.put("address", hex(finding.address()));
    put(node, "symbol", finding.symbol());
    node.put("owner", finding.owner());
    node.put("expected", finding.expected());
    node.put("actual", finding.actual());
    finding.path().forEach(node.putArray("path")::add);
    node.putObject("page").put("frame", hex(finding.frame()));
    put(node, "signature", finding.signature());
    return node.put("uid", finding.uid());
  }

  private static ObjectNode event(String kind, Result result) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("event", kind).put("vm", result.vmId());
    return node.put("capturedAt", result.capturedAt().toString());
  }

  private static String hex(OptionalLong value) {
    return value.isPresent() ? Hex.of(value.getAsLong()) : null;
  }

  private static void put(ObjectNode node, String name, Optional<String> value) {
    node.put(name, value.orElse(null));
  }

  private static void put(ObjectNode node, String name, OptionalInt value) {
    node.put(name, value.isPresent() ? Integer.valueOf(value.getAsInt()) : null);
  }

  private static void put(ObjectNode node, String name, OptionalLong value) {
    node.put(name, value.isPresent() ? Long.valueOf(value.getAsLong()) : null);
  }
}
