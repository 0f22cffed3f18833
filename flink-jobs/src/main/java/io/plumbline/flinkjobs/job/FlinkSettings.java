package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.config.JobConfiguration;
import java.time.Duration;
import java.util.List;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.rocksdb.CompressionType;

/** The job's configuration in Flink's words. */
public final class FlinkSettings {
  /**
   * By the level of RocksDB's files: what was written last is mostly pages that are packed with the
   * next verdict, so that to compress them would be for nothing.
   */
  private static final List<CompressionType> COMPRESSION =
      List.of(CompressionType.NO_COMPRESSION, CompressionType.SNAPPY_COMPRESSION);

  /**
   * The longest wait for more that goes the same way: a round is seldom enough to fill a buffer,
   * and Flink's own tenth of a second would be most of the time to a finding.
   */
  private static final Duration BUFFER_TIMEOUT = Duration.ofMillis(10);

  private FlinkSettings() {}

  /** What the environment is made from. */
  public static Configuration of(JobConfiguration job) {
    Configuration flink = new Configuration();
    // Kryo anywhere is an error: a savepoint that it wrote cannot evolve.
    flink.set(PipelineOptions.GENERIC_TYPES, false);
    flink.set(PipelineOptions.MAX_PARALLELISM, job.maxParallelism());
    flink.set(CoreOptions.DEFAULT_PARALLELISM, job.parallelism());
    flink.set(ExecutionOptions.BUFFER_TIMEOUT, BUFFER_TIMEOUT);
    flink.set(StateBackendOptions.STATE_BACKEND, job.stateBackend().flinkName());
    flink.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
    flink.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, job.checkpointDirectory().toString());
    flink.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, job.checkpointInterval());
    flink.set(
        CheckpointingOptions.INCREMENTAL_CHECKPOINTS,
        job.stateBackend() == JobConfiguration.StateBackend.ROCKSDB);
    flink.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    flink.set(RocksDBConfigurableOptions.COMPRESSION_PER_LEVEL, COMPRESSION);
    restarts(job, flink);
    if (job.webPort() >= 0) {
      flink.set(RestOptions.BIND_PORT, Integer.toString(job.webPort()));
      flink.set(RestOptions.PORT, job.webPort());
    }
    return flink;
  }

  private static void restarts(JobConfiguration job, Configuration flink) {
    if (job.restartAttempts() == 0) {
      flink.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
      return;
    }
    flink.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    flink.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, job.restartAttempts());
    Duration delay = job.restartDelay();
    flink.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, delay);
  }
}
