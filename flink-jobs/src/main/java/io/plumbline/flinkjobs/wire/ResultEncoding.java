package io.plumbline.flinkjobs.wire;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.ResyncRecord;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.schemas.CoverageResult;
import io.plumbline.schemas.DeadLetter;
import io.plumbline.schemas.FindingActivity;
import io.plumbline.schemas.FindingResult;
import io.plumbline.schemas.IdentityResult;
import io.plumbline.schemas.IdentityState;
import io.plumbline.schemas.Liveness;
import io.plumbline.schemas.ResyncRequest;
import io.plumbline.schemas.Severity;
import io.plumbline.schemas.TrustResult;
import io.plumbline.schemas.TrustState;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Flat records as Avro has them. */
final class ResultEncoding {
  private static final int MOST_ORIGINAL_BYTES = 960 << 10;
  private static final int MOST_KEY_BYTES = 16 << 10;
  private static final int MOST_REASON = 2000;

  private ResultEncoding() {}

  static IdentityResult identity(IdentityRecord record) {
    return IdentityResult.newBuilder()
        .setVmId(record.at().vmId())
        .setCollectorEpoch(record.at().epoch())
        .setRound(record.at().round())
        .setCapturedAt(Micros.instant(record.at().capturedAtMicros()))
        .setState(IdentityState.valueOf(record.state().name()))
        .setOs(record.os())
        .setBuild(record.build())
        .setVersion(record.version())
        .setSignature(record.signature())
        .setVector(record.vector())
        .setSlide(record.slide())
        .setDistance(record.distance())
        .setRunnerUpBuild(record.runnerUpBuild())
        .setRunnerUpDistance(record.runnerUpDistance())
        .setReason(record.reason())
        .build();
  }

  static CoverageResult coverage(CoverageRecord record) {
    return CoverageResult.newBuilder()
        .setVmId(record.at().vmId())
        .setCollectorEpoch(record.at().epoch())
        .setRound(record.at().round())
        .setCapturedAt(Micros.instant(record.at().capturedAtMicros()))
        .setExecutableBytes(record.executableBytes())
        .setDirectBytes(record.directBytes())
        .setFixpointBytes(record.fixpointBytes())
        .setVerifiedBytes(record.verifiedBytes())
        .setUnaccountedBytes(record.unaccountedBytes())
        .setTextBytes(record.textBytes())
        .setBudgetExhausted(record.budgetExhausted())
        .setRoundsCoalesced(record.roundsCoalesced())
        .build();
  }

  static TrustResult trust(TrustRecord record) {
    return TrustResult.newBuilder()
        .setVmId(record.at().vmId())
        .setCollectorEpoch(record.at().epoch())
        .setRound(record.at().round())
        .setCapturedAt(Micros.instant(record.at().capturedAtMicros()))
        .setState(TrustState.valueOf(record.state().name()))
        .setStale(record.stale())
        .setOpenFindings(record.openFindings())
        .setReasons(record.reasons())
        .setLiveness(liveness(record.liveness()))
        .setSilentSince(
            record.silentSinceMicros() == null ? null : Micros.instant(record.silentSinceMicros()))
        .build();
  }

  private static Liveness liveness(io.plumbline.flinkjobs.state.Liveness liveness) {
    return liveness == null ? Liveness.UNKNOWN : Liveness.valueOf(liveness.name());
  }

  static FindingResult finding(FindingRecord record) {
    return FindingResult.newBuilder()
        .setUid(record.uid())
        .setVmId(record.at().vmId())
        .setActivity(FindingActivity.valueOf(record.activity().name()))
        .setCollectorEpoch(record.at().epoch())
        .setRound(record.at().round())
        .setCapturedAt(Micros.instant(record.at().capturedAtMicros()))
        .setFirstSeenAt(Micros.instant(record.firstSeenAtMicros()))
        .setType(record.type().wireName())
        .setSeverity(Severity.valueOf(record.severity().name()))
        .setVcpu(record.vcpu())
        .setAddress(record.address())
        .setSymbol(record.symbol())
        .setOwner(record.owner())
        .setExpected(record.expected())
        .setActual(record.actual())
        .setPath(record.path())
        .setFrame(record.frame())
        .setSignature(record.signature())
        .build();
  }

  static ResyncRequest resync(ResyncRecord record) {
    return ResyncRequest.newBuilder()
        .setVmId(record.vmId())
        .setHostId(record.hostId())
        .setExpectedEpoch(record.expectedEpoch())
        .setExpectedSequence(record.expectedSequence())
        .setFoundEpoch(record.foundEpoch())
        .setFoundSequence(record.foundSequence())
        .setCapturedAt(Micros.instant(record.capturedAtMicros()))
        .setReason(record.reason())
        .build();
  }

  /**
   * What was refused, as it was. Of a record so large that the letter would not fit into Kafka's
   * default of 1 MiB (max.request.size, message.max.bytes) the beginning is kept: a letter that no
   * broker takes would stop the job at the same record for ever. The whole record is still where
   * the letter says it came from.
   */
  static DeadLetter deadLetter(Refusal refusal) {
    String reason = clipped(refusal.reason());
    if (refusal.original() != null && refusal.original().length > MOST_ORIGINAL_BYTES) {
      reason +=
          "; the first "
              + MOST_ORIGINAL_BYTES
              + " of "
              + refusal.original().length
              + " bytes are kept";
    }
    return DeadLetter.newBuilder()
        .setTopic(refusal.origin().topic())
        .setPartition(refusal.origin().partition())
        .setOffset(refusal.origin().offset())
        .setRecordTimestamp(refusal.origin().timestampMillis())
        .setReason(reason)
        .setKey(buffer(deadLetterKey(refusal), MOST_KEY_BYTES))
        .setOriginal(buffer(refusal.original(), MOST_ORIGINAL_BYTES))
        .build();
  }

  /** The refused record's key, or the beginning of one that is no key of ours. */
  static byte[] deadLetterKey(Refusal refusal) {
    byte[] key = refusal.key();
    return key == null || key.length <= MOST_KEY_BYTES ? key : Arrays.copyOf(key, MOST_KEY_BYTES);
  }

  private static String clipped(String reason) {
    return reason.length() <= MOST_REASON ? reason : reason.substring(0, MOST_REASON) + "...";
  }

  private static ByteBuffer buffer(byte[] bytes, int most) {
    return bytes == null ? null : ByteBuffer.wrap(bytes, 0, Math.min(most, bytes.length));
  }
}
