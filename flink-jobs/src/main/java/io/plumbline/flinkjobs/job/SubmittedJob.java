package io.plumbline.flinkjobs.job;

import io.plumbline.flinkjobs.config.JobConfiguration;
import io.plumbline.flinkjobs.config.SettingsFile;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What {@code flink run} starts on a cluster: {@code flink run -c
 * io.plumbline.flinkjobs.job.SubmittedJob JAR SETTINGS}, where SETTINGS is a properties file on the
 * machine that submits.
 */
public final class SubmittedJob {
  private SubmittedJob() {}

  /** Submits the job to the cluster that this is run for. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1) {
      throw new IllegalArgumentException(
          "arguments: expected one properties file, found " + arguments.length);
    }
    JobConfiguration job = JobConfiguration.of(SettingsFile.read(Path.of(arguments[0])));
    AnalysisJob.environment(job, Optional.empty()).execute(PlumblineJob.NAME);
  }
}
