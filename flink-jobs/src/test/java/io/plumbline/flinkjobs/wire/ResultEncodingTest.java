package io.plumbline.flinkjobs.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.FindingActivity;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Liveness;
import io.plumbline.flinkjobs.state.Origin;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.ResyncRecord;
import io.plumbline.flinkjobs.state.RoundStamp;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Severity;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.schemas.CoverageResult;
import io.plumbline.schemas.DeadLetter;
import io.plumbline.schemas.FindingResult;
import io.plumbline.schemas.IdentityResult;
import io.plumbline.schemas.ResyncRequest;
import io.plumbline.schemas.TrustResult;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.EmbeddedSchemaRegistry;
import io.plumbline.schemas.wire.RecordCodec;
import io.plumbline.schemas.wire.SchemaRegistryException;
import io.plumbline.schemas.wire.WireFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a topic's reader sees of a flat record, through the framed bytes. */
class ResultEncodingTest {
  private static final RoundStamp AT = new RoundStamp("vm-1", 1_700_000_000_000L, 7, 1_234_567);
  private static final Instant CAPTURED = Instant.ofEpochSecond(1, 234_567_000);

  private final EmbeddedSchemaRegistry registry = new EmbeddedSchemaRegistry();

  private <T, A extends SpecificRecord> A published(
      ResultTopic<T> topic, Contract<A> contract, T record)
      throws SchemaRegistryException, WireFormatException {
    assertThat(topic.topic()).isEqualTo(contract.topic());
    byte[] framed = topic.writers().open(registry).value(record);
    return new RecordCodec<>(contract, registry).decode(framed);
  }

  private static <T> byte[] key(ResultTopic<T> topic, T record) {
    return topic.writers().open(new EmbeddedSchemaRegistry()).key(record);
  }

  @ParameterizedTest
  @EnumSource
  void anIdentityArrivesWithEveryField(Identity.State state) throws Exception {
    IdentityRecord record =
        new IdentityRecord(
            AT, state, "Linux", "6.1", "6.1-1", "sha256:aa", 14, -4096L, 2, "5.10", 900, "because");
    IdentityResult avro = published(ResultTopic.IDENTITIES, Contract.IDENTITY, record);
    assertThat(avro.getVmId()).isEqualTo("vm-1");
    assertThat(avro.getCollectorEpoch()).isEqualTo(AT.epoch());
    assertThat(avro.getRound()).isEqualTo(7);
    assertThat(avro.getCapturedAt()).isEqualTo(CAPTURED);
    assertThat(avro.getState().name()).isEqualTo(state.name());
    assertThat(avro.getOs()).isEqualTo("Linux");
    assertThat(avro.getBuild()).isEqualTo("6.1");
    assertThat(avro.getVersion()).isEqualTo("6.1-1");
    assertThat(avro.getSignature()).isEqualTo("sha256:aa");
    assertThat(avro.getVector()).isEqualTo(14);
    assertThat(avro.getSlide()).isEqualTo(-4096);
    assertThat(avro.getDistance()).isEqualTo(2);
    assertThat(avro.getRunnerUpBuild()).isEqualTo("5.10");
    assertThat(avro.getRunnerUpDistance()).isEqualTo(900);
    assertThat(avro.getReason()).isEqualTo("because");
  }

  @Test
  void whatIsNotKnownOfAnIdentityIsNullAndNotZero() throws Exception {
    IdentityRecord record =
        new IdentityRecord(
            AT, Identity.State.UNKNOWN, null, null, null, null, null, null, null, null, null, "no");
    IdentityResult avro = published(ResultTopic.IDENTITIES, Contract.IDENTITY, record);
    assertThat(avro.getBuild()).isNull();
    assertThat(avro.getVector()).isNull();
    assertThat(avro.getSlide()).isNull();
    assertThat(avro.getDistance()).isNull();
    assertThat(avro.getRunnerUpDistance()).isNull();
  }

  @Test
  void coverageArrivesWithEveryField() throws Exception {
    CoverageRecord record = new CoverageRecord(AT, 1, 2, 3, 4L, 5L, 6L, true, 7);
    CoverageResult avro = published(ResultTopic.COVERAGE, Contract.COVERAGE, record);
    assertThat(avro.getExecutableBytes()).isEqualTo(1);
    assertThat(avro.getTextBytes()).isEqualTo(2);
    assertThat(avro.getDirectBytes()).isEqualTo(3);
    assertThat(avro.getFixpointBytes()).isEqualTo(4);
    assertThat(avro.getVerifiedBytes()).isEqualTo(5);
    assertThat(avro.getUnaccountedBytes()).isEqualTo(6);
    assertThat(avro.getBudgetExhausted()).isTrue();
    assertThat(avro.getRoundsCoalesced()).isEqualTo(7);
    assertThat(avro.getCapturedAt()).isEqualTo(CAPTURED);
  }

  @ParameterizedTest
  @EnumSource
  void aTrustStateArrivesWithEveryField(TrustState state) throws Exception {
    TrustRecord record = new TrustRecord(AT, state, true, 3, List.of("one", "two"));
    TrustResult avro = published(ResultTopic.TRUST, Contract.TRUST, record);
    assertThat(avro.getState().name()).isEqualTo(state.name());
    assertThat(avro.getStale()).isTrue();
    assertThat(avro.getOpenFindings()).isEqualTo(3);
    assertThat(avro.getReasons()).containsExactly("one", "two");
    assertThat(avro.getLiveness()).isEqualTo(io.plumbline.schemas.Liveness.UNKNOWN);
    assertThat(avro.getSilentSince()).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void whetherTheCollectorIsHeardArrivesWithTheTrustState(Liveness liveness) throws Exception {
    TrustRecord record =
        new TrustRecord(AT, TrustState.TRUSTED, true, 0, List.of("silent"), liveness, 1_234_567L);
    TrustResult avro = published(ResultTopic.TRUST, Contract.TRUST, record);
    assertThat(avro.getLiveness().name()).isEqualTo(liveness.name());
    assertThat(avro.getSilentSince()).isEqualTo(CAPTURED);
  }

  @ParameterizedTest
  @EnumSource
  void aFindingOfEveryTypeArrivesWithItsEvidence(FindingType type) throws Exception {
    for (FindingActivity activity : FindingActivity.values()) {
      for (Severity severity : Severity.values()) {
        FindingResult avro =
            published(
                ResultTopic.FINDINGS,
                Contract.FINDING,
                finding(type, activity, severity, 0xda00L, "sha256:aa"));
        assertThat(avro.getType()).isEqualTo(type.wireName());
        assertThat(avro.getActivity().name()).isEqualTo(activity.name());
        assertThat(avro.getSeverity().name()).isEqualTo(severity.name());
        assertThat(avro.getUid()).isEqualTo("uid");
        assertThat(avro.getFirstSeenAt()).isEqualTo(Instant.ofEpochSecond(1));
        assertThat(avro.getVcpu()).isEqualTo(1);
        assertThat(avro.getAddress()).isEqualTo(0xffffffff81000000L);
        assertThat(avro.getSymbol()).isEqualTo("symbol");
        assertThat(avro.getOwner()).isEqualTo("kernel");
        assertThat(avro.getExpected()).isEqualTo("good");
        assertThat(avro.getActual()).isEqualTo("bad");
        assertThat(avro.getPath()).containsExactly("IDT[14]", "entry");
        assertThat(avro.getFrame()).isEqualTo(0xda00L);
        assertThat(avro.getSignature()).isEqualTo("sha256:aa");
      }
    }
  }

  @Test
  void aRegistersFindingHasNoFrame() throws Exception {
    FindingRecord record =
        finding(
            FindingType.UNEXPECTED_SYSTEM_CALL_HANDLER,
            FindingActivity.OPEN,
            Severity.CRITICAL,
            null,
            null);
    FindingResult avro = published(ResultTopic.FINDINGS, Contract.FINDING, record);
    assertThat(avro.getFrame()).isNull();
    assertThat(avro.getSignature()).isNull();
  }

  private static FindingRecord finding(
      FindingType type, FindingActivity activity, Severity severity, Long frame, String signature) {
    return new FindingRecord(
        AT,
        "uid",
        activity,
        1_000_000,
        type,
        severity,
        1,
        0xffffffff81000000L,
        "symbol",
        "kernel",
        "good",
        "bad",
        List.of("IDT[14]", "entry"),
        frame,
        signature);
  }

  @Test
  void aResyncRequestArrivesWithWhatWasExpectedAndFound() throws Exception {
    ResyncRecord record = new ResyncRecord("vm-1", "host", 1L, 2L, 3, 4, 1_234_567, "a gap");
    ResyncRequest avro = published(ResultTopic.RESYNC_REQUESTS, Contract.RESYNC_REQUEST, record);
    assertThat(avro.getVmId()).isEqualTo("vm-1");
    assertThat(avro.getHostId()).isEqualTo("host");
    assertThat(avro.getExpectedEpoch()).isEqualTo(1);
    assertThat(avro.getExpectedSequence()).isEqualTo(2);
    assertThat(avro.getFoundEpoch()).isEqualTo(3);
    assertThat(avro.getFoundSequence()).isEqualTo(4);
    assertThat(avro.getCapturedAt()).isEqualTo(CAPTURED);
    assertThat(avro.getReason()).isEqualTo("a gap");
    ResyncRecord unknown = new ResyncRecord("vm-1", "host", null, null, 3, 4, 0, "new");
    assertThat(
            published(ResultTopic.RESYNC_REQUESTS, Contract.RESYNC_REQUEST, unknown)
                .getExpectedSequence())
        .isNull();
  }

  @Test
  void aRefusedRecordArrivesByteForByte() throws Exception {
    byte[] original = {0, -1, 127, -128};
    Refusal refusal = new Refusal(new Origin("topic", 3, 99, 5), "why", original, original);
    DeadLetter avro = published(ResultTopic.DEAD_LETTERS, Contract.DEAD_LETTER, refusal);
    assertThat(avro.getTopic()).isEqualTo("topic");
    assertThat(avro.getPartition()).isEqualTo(3);
    assertThat(avro.getOffset()).isEqualTo(99);
    assertThat(avro.getRecordTimestamp()).isEqualTo(5);
    assertThat(avro.getReason()).isEqualTo("why");
    assertThat(avro.getKey()).isEqualTo(ByteBuffer.wrap(original));
    assertThat(avro.getOriginal()).isEqualTo(ByteBuffer.wrap(original));
    Refusal bare = new Refusal(new Origin("topic", 3, 99, 5), "why", null, null);
    DeadLetter empty = published(ResultTopic.DEAD_LETTERS, Contract.DEAD_LETTER, bare);
    assertThat(empty.getKey()).isNull();
    assertThat(empty.getOriginal()).isNull();
  }

  @Test
  void aRefusedRecordHoweverLargeFitsIntoAMessageOfKafkasDefaultSize() throws Exception {
    byte[] huge = new byte[5 << 20];
    Arrays.fill(huge, (byte) 'x');
    Origin origin = new Origin("plumbline.observations", 3, 99, 5);
    Refusal refusal = new Refusal(origin, "why".repeat(10_000), huge, huge);
    var writer = ResultTopic.DEAD_LETTERS.writers().open(registry);
    assertThat(writer.key(refusal).length + writer.value(refusal).length)
        .isLessThan((1 << 20) - 4096);
    DeadLetter letter = published(ResultTopic.DEAD_LETTERS, Contract.DEAD_LETTER, refusal);
    assertThat(letter.getReason()).endsWith("; the first 983040 of 5242880 bytes are kept");
    assertThat(letter.getOriginal()).isEqualTo(ByteBuffer.wrap(huge, 0, 983040));
    assertThat(letter.getOffset()).isEqualTo(99);
  }

  @Test
  void resultsAreKeyedByTheirVmAndRefusalsByTheKeyTheyCameWith() {
    byte[] vm = "vm-1".getBytes(StandardCharsets.UTF_8);
    TrustRecord trust = new TrustRecord(AT, TrustState.TRUSTED, false, 0, List.of());
    assertThat(key(ResultTopic.TRUST, trust)).isEqualTo(vm);
    byte[] odd = {1, 2};
    Origin origin = new Origin("topic", 0, 0, 0);
    assertThat(key(ResultTopic.DEAD_LETTERS, new Refusal(origin, "why", odd, null))).isEqualTo(odd);
    assertThat(key(ResultTopic.DEAD_LETTERS, new Refusal(origin, "why", null, null))).isNull();
  }
}
