package io.plumbline.cli.stage;

import io.plumbline.flinkjobs.config.JobConfiguration.StateBackend;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a stage is raised with.
 *
 * @param signatures folder of signatures
 * @param checkpoints time between two checkpoints of the job
 * @param backend where pages are kept
 * @param parallelism instances of each operator
 * @param partitions most partitions of a topic
 */
public record StageSettings(
    Path signatures, Duration checkpoints, StateBackend backend, int parallelism, int partitions) {
  /** A few guests: one core for the job, one for the broker and the player; pages on the heap. */
  public static StageSettings small(Path signatures, Duration checkpoints) {
    return new StageSettings(signatures, checkpoints, StateBackend.HASHMAP, 1, 4);
  }
}
