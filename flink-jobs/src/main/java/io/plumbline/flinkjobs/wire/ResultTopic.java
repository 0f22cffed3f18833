package io.plumbline.flinkjobs.wire;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.ResyncRecord;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.schemas.wire.Contract;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.Topic;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * A topic that results leave on, with what its records are made of.
 *
 * @param topic where they go
 * @param writers opens a writer where the sink runs
 */
public record ResultTopic<T>(Topic topic, Opening<T> writers) implements Serializable {
  /** Opens a writer. */
  @FunctionalInterface
  public interface Opening<T> extends Serializable {
    /** A writer that registers its schema with {@code registry} when it first writes. */
    ResultWriter<T> open(SchemaRegistry registry);
  }

  public static final ResultTopic<IdentityRecord> IDENTITIES =
      new ResultTopic<>(
          Topic.IDENTITIES,
          registry ->
              ResultWriter.of(
                  Contract.IDENTITY,
                  registry,
                  keyed(each -> each.at().vmId()),
                  ResultEncoding::identity));

  public static final ResultTopic<CoverageRecord> COVERAGE =
      new ResultTopic<>(
          Topic.COVERAGE,
          registry ->
              ResultWriter.of(
                  Contract.COVERAGE,
                  registry,
                  keyed(each -> each.at().vmId()),
                  ResultEncoding::coverage));

  public static final ResultTopic<TrustRecord> TRUST =
      new ResultTopic<>(
          Topic.TRUST,
          registry ->
              ResultWriter.of(
                  Contract.TRUST,
                  registry,
                  keyed(each -> each.at().vmId()),
                  ResultEncoding::trust));

  public static final ResultTopic<FindingRecord> FINDINGS =
      new ResultTopic<>(
          Topic.FINDINGS,
          registry ->
              ResultWriter.of(
                  Contract.FINDING,
                  registry,
                  keyed(each -> each.at().vmId()),
                  ResultEncoding::finding));

  public static final ResultTopic<ResyncRecord> RESYNC_REQUESTS =
      new ResultTopic<>(
          Topic.RESYNC_REQUESTS,
          registry ->
              ResultWriter.of(
                  Contract.RESYNC_REQUEST,
                  registry,
                  keyed(ResyncRecord::vmId),
                  ResultEncoding::resync));

  public static final ResultTopic<Refusal> DEAD_LETTERS =
      new ResultTopic<>(
          Topic.DEAD_LETTERS,
          registry ->
              ResultWriter.of(
                  Contract.DEAD_LETTER,
                  registry,
                  ResultEncoding::deadLetterKey,
                  ResultEncoding::deadLetter));

  private static <T> Function<T, byte[]> keyed(Function<T, String> key) {
    return record -> key.apply(record).getBytes(StandardCharsets.UTF_8);
  }
}
