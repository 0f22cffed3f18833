package io.plumbline.cli.wire;

import io.plumbline.cli.results.RefusedRecord;
import io.plumbline.cli.results.Result;
import io.plumbline.cli.results.ResyncWanted;
import io.plumbline.cli.results.VmCoverage;
import io.plumbline.cli.results.VmFinding;
import io.plumbline.cli.results.VmIdentity;
import io.plumbline.cli.results.VmTrust;
import io.plumbline.schemas.CoverageResult;
import io.plumbline.schemas.DeadLetter;
import io.plumbline.schemas.FindingResult;
import io.plumbline.schemas.IdentityResult;
import io.plumbline.schemas.ResyncRequest;
import io.plumbline.schemas.TrustResult;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.RecordCodec;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import io.plumbline.schemas.wire.Topic;
import io.plumbline.schemas.wire.WireFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Decodes the values of the results topics. Not safe for several threads at once. */
final class ResultCodec {
  /** The topics whose values {@link #decode} understands. */
  static final List<Topic> TOPICS =
      List.of(
          Topic.IDENTITIES,
          Topic.TRUST,
          Topic.COVERAGE,
          Topic.FINDINGS,
          Topic.DEAD_LETTERS,
          Topic.RESYNC_REQUESTS);

  private final RecordCodec<IdentityResult> identities;
  private final RecordCodec<TrustResult> trust;
  private final RecordCodec<CoverageResult> coverage;
  private final RecordCodec<FindingResult> findings;
  private final RecordCodec<DeadLetter> deadLetters;
  private final RecordCodec<ResyncRequest> resyncs;

  ResultCodec(SchemaRegistry registry) {
    identities = new RecordCodec<>(Contract.IDENTITY, registry);
    trust = new RecordCodec<>(Contract.TRUST, registry);
    coverage = new RecordCodec<>(Contract.COVERAGE, registry);
    findings = new RecordCodec<>(Contract.FINDING, registry);
    deadLetters = new RecordCodec<>(Contract.DEAD_LETTER, registry);
    resyncs = new RecordCodec<>(Contract.RESYNC_REQUEST, registry);
  }

  /** The result in {@code framed}, a value of {@code topic}. */
  Result decode(Topic topic, byte[] framed) throws WireFormatException, SchemaRegistryException {
    return switch (topic) {
      case IDENTITIES -> identity(identities.decode(framed));
      case TRUST -> trust(trust.decode(framed));
      case COVERAGE -> coverage(coverage.decode(framed));
      case FINDINGS -> finding(findings.decode(framed));
      case DEAD_LETTERS -> refused(deadLetters.decode(framed));
      case RESYNC_REQUESTS -> resync(resyncs.decode(framed));
      default -> throw new IllegalArgumentException(topic + " is not a results topic");
    };
  }

  private static VmIdentity identity(IdentityResult r) {
    return new VmIdentity(
        r.getVmId(),
        r.getRound(),
        r.getCapturedAt(),
        lower(r.getState()),
        Optional.ofNullable(r.getOs()),
        Optional.ofNullable(r.getBuild()),
        Optional.ofNullable(r.getVersion()),
        Optional.ofNullable(r.getSignature()),
        optional(r.getVector()),
        optional(r.getSlide()),
        optional(r.getDistance()),
        Optional.ofNullable(r.getRunnerUpBuild()),
        optional(r.getRunnerUpDistance()),
        r.getReason());
  }

  private static VmTrust trust(TrustResult r) {
    return new VmTrust(
        r.getVmId(),
        r.getRound(),
        r.getCapturedAt(),
        lower(r.getState()),
        r.getStale(),
        r.getOpenFindings(),
        r.getReasons(),
        lower(r.getLiveness()),
        Optional.ofNullable(r.getSilentSince()));
  }

  private static VmCoverage coverage(CoverageResult r) {
    return new VmCoverage(
        r.getVmId(),
        r.getRound(),
        r.getCapturedAt(),
        r.getExecutableBytes(),
        r.getDirectBytes(),
        optional(r.getFixpointBytes()),
        optional(r.getVerifiedBytes()),
        optional(r.getUnaccountedBytes()),
        r.getTextBytes(),
        r.getRoundsCoalesced());
  }

  private static VmFinding finding(FindingResult r) {
    return new VmFinding(
        r.getUid(),
        r.getVmId(),
        r.getRound(),
        r.getCapturedAt(),
        r.getFirstSeenAt(),
        lower(r.getActivity()),
        r.getType(),
        lower(r.getSeverity()),
        optional(r.getVcpu()),
        optional(r.getAddress()),
        Optional.ofNullable(r.getSymbol()),
        r.getOwner(),
        r.getExpected(),
        r.getActual(),
        r.getPath(),
        optional(r.getFrame()),
        Optional.ofNullable(r.getSignature()));
  }

  private static RefusedRecord refused(DeadLetter r) {
    ByteBuffer key = r.getKey();
    String vmId = key == null ? "" : StandardCharsets.UTF_8.decode(key.duplicate()).toString();
    return new RefusedRecord(vmId, Instant.ofEpochMilli(r.getRecordTimestamp()), r.getReason());
  }

  private static ResyncWanted resync(ResyncRequest r) {
    return new ResyncWanted(r.getVmId(), r.getCapturedAt(), r.getReason());
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static OptionalInt optional(Integer value) {
    return value == null ? OptionalInt.empty() : OptionalInt.of(value);
  }

  private static OptionalLong optional(Long value) {
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
