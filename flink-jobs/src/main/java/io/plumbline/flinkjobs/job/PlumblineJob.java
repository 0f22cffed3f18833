package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.operator.AnalysisFunction;
import io.plumbline.flinkjobs.operator.AnalysisSettings;
import io.plumbline.flinkjobs.operator.JudgeSource;
import io.plumbline.flinkjobs.operator.Outputs;
import io.plumbline.flinkjobs.operator.SignatureSource;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.SignatureEntry;
import io.plumbline.flinkjobs.state.VmObservation;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The topology.
 *
 * <pre>
 * observations → gate → by VM ─┐
 *                              ├→ analysis → identities, coverage, trust, findings, resync requests
 * signatures   → gate → to all ┘
 *                (each) → dead letters
 * </pre>
 */
public final class PlumblineJob {
  /** The job's name in Flink's UI. */
  public static final String NAME = "plumbline";

  private PlumblineJob() {}

  /**
   * Adds the topology to {@code env}, which is configured already ({@link FlinkSettings}).
   *
   * @param judges makes the core's judge where the job runs
   * @param bodies where bodies of announced signatures are read from
   */
  public static void build(
      StreamExecutionEnvironment env,
      JobSources sources,
      JobSinks sinks,
      JudgeSource judges,
      SignatureSource bodies,
      AnalysisSettings settings) {
    SingleOutputStreamOperator<VmObservation> observations =
        titled(
            read(env, sources.observations(), OperatorId.OBSERVATIONS)
                .process(new ObservationGate(), TypeInformation.of(VmObservation.class)),
            OperatorId.OBSERVATION_GATE);
    SingleOutputStreamOperator<SignatureEntry> signatures =
        titled(
            read(env, sources.signatures(), OperatorId.SIGNATURES)
                .process(new SignatureGate(), TypeInformation.of(SignatureEntry.class)),
            OperatorId.SIGNATURE_GATE);

    SingleOutputStreamOperator<FindingRecord> analysis =
        titled(
            observations
                .keyBy(VmObservation::vmId, Types.STRING)
                .connect(signatures.broadcast(AnalysisFunction.SIGNATURES))
                .process(
                    new AnalysisFunction(judges, bodies, settings),
                    TypeInformation.of(FindingRecord.class)),
            OperatorId.ANALYSIS);

    DataStream<Refusal> refusals =
        observations
            .getSideOutput(Outputs.DEAD_LETTERS)
            .union(
                signatures.getSideOutput(Outputs.DEAD_LETTERS),
                analysis.getSideOutput(Outputs.DEAD_LETTERS));

    write(analysis, sinks.findings(), OperatorId.FINDINGS);
    write(analysis.getSideOutput(Outputs.IDENTITIES), sinks.identities(), OperatorId.IDENTITIES);
    write(analysis.getSideOutput(Outputs.COVERAGE), sinks.coverage(), OperatorId.COVERAGE);
    write(analysis.getSideOutput(Outputs.TRUST), sinks.trust(), OperatorId.TRUST);
    write(
        analysis.getSideOutput(Outputs.RESYNC_REQUESTS),
        sinks.resyncRequests(),
        OperatorId.RESYNC_REQUESTS);
    write(refusals, sinks.deadLetters(), OperatorId.DEAD_LETTERS);
  }

  /** Order within a VM is its sequence number, so there are no watermarks. */
  private static <T> DataStream<T> read(
      StreamExecutionEnvironment env, Source<T, ?, ?> source, OperatorId id) {
    return env.fromSource(source, WatermarkStrategy.noWatermarks(), id.title()).uid(id.uid());
  }

  private static <T> SingleOutputStreamOperator<T> titled(
      SingleOutputStreamOperator<T> operator, OperatorId id) {
    return operator.uid(id.uid()).name(id.title());
  }

  private static <T> void write(DataStream<T> records, Sink<T> sink, OperatorId id) {
    records.sinkTo(sink).uid(id.uid()).name(id.title());
  }
}
