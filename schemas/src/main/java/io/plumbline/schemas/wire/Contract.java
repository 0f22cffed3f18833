package io.plumbline.schemas.wire;

import io.plumbline.schemas.CoverageResult;
import io.plumbline.schemas.DeadLetter;
import io.plumbline.schemas.FindingResult;
import io.plumbline.schemas.IdentityResult;
import io.plumbline.schemas.Observation;
import io.plumbline.schemas.ResyncRequest;
import io.plumbline.schemas.SignatureAnnouncement;
import io.plumbline.schemas.TrustResult;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.io.DatumReader;
import org.apache.avro.specific.SpecificRecord;

/**
 * What a topic's values are.
 *
 * @param topic where they flow
 * @param type the generated class
 * @param schema the schema that this version of the code writes
 */
public record Contract<T extends SpecificRecord>(Topic topic, Class<T> type, Schema schema) {
  /** Observations of virtual machines. */
  public static final Contract<Observation> OBSERVATION =
      new Contract<>(Topic.OBSERVATIONS, Observation.class, Observation.getClassSchema());

  /** Which kernel a VM runs. */
  public static final Contract<IdentityResult> IDENTITY =
      new Contract<>(Topic.IDENTITIES, IdentityResult.class, IdentityResult.getClassSchema());

  /** How much of a VM's code was seen. */
  public static final Contract<CoverageResult> COVERAGE =
      new Contract<>(Topic.COVERAGE, CoverageResult.class, CoverageResult.getClassSchema());

  /** Whether a VM can be trusted. */
  public static final Contract<TrustResult> TRUST =
      new Contract<>(Topic.TRUST, TrustResult.class, TrustResult.getClassSchema());

  /** What was found in a VM. */
  public static final Contract<FindingResult> FINDING =
      new Contract<>(Topic.FINDINGS, FindingResult.class, FindingResult.getClassSchema());

  /** Requests for a snapshot round. */
  public static final Contract<ResyncRequest> RESYNC_REQUEST =
      new Contract<>(Topic.RESYNC_REQUESTS, ResyncRequest.class, ResyncRequest.getClassSchema());

  /** Refused records. */
  public static final Contract<DeadLetter> DEAD_LETTER =
      new Contract<>(Topic.DEAD_LETTERS, DeadLetter.class, DeadLetter.getClassSchema());

  /** Known signatures. */
  public static final Contract<SignatureAnnouncement> SIGNATURE =
      new Contract<>(
          Topic.SIGNATURES, SignatureAnnouncement.class, SignatureAnnouncement.getClassSchema());

  /**
   * A reader of this contract's records as they were written in {@code written}, safe for hostile
   * bytes.
   *
   * @throws org.apache.avro.AvroRuntimeException if reading by {@code written} could take for ever;
   *     while reading, if the schemas do not fit
   */
  public DatumReader<T> reader(Schema written) {
    return new HardenedReader<>(written, this);
  }

  /** Every contract, one per topic. */
  public static List<Contract<?>> all() {
    return List.of(
        OBSERVATION, IDENTITY, COVERAGE, TRUST, FINDING, RESYNC_REQUEST, DEAD_LETTER, SIGNATURE);
  }
}
