package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.config.JobConfiguration;
import io.plumbline.flinkjobs.operator.AnalysisSettings;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The production topology with the production judge, on Kafka. */
public final class AnalysisJob {
  private AnalysisJob() {}

  /**
   * An environment with the job in it, not yet started.
   *
   * @param restoreFrom URI of a checkpoint or savepoint to go on from
   */
  public static StreamExecutionEnvironment environment(
      JobConfiguration job, Optional<String> restoreFrom) {
    Configuration flink = FlinkSettings.of(job);
    restoreFrom.ifPresent(from -> flink.set(StateRecoveryOptions.SAVEPOINT_PATH, from));
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(flink);
    PlumblineJob.build(
        environment,
        KafkaEndpoints.sources(job),
        KafkaEndpoints.sinks(job),
        () -> new KernelJudge(JudgeSettings.STANDARD, System::nanoTime),
        new StoredSignatures(job.signatureStore()),
        new AnalysisSettings(job.staleAfter(), job.blindAfter(), job.mostShare()));
    return environment;
  }
}
