package io.plumbline.cli.job;

import io.plumbline.flinkjobs.config.JobConfiguration;
import io.plumbline.flinkjobs.config.SettingsFile;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The analysis job for a cluster of Flink's own, which calls {@code main} and brings the
 * environment that the job runs in. What goes wrong is thrown: the cluster reports it.
 */
public final class SubmittedJob {
  private SubmittedJob() {}

  /**
   * Runs the job until it is cancelled.
   *
   * @param arguments the properties file with the job's settings, in UTF-8
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1) {
      throw new IllegalArgumentException(
          "expected one argument, the job's properties file, found " + arguments.length);
    }
    Map<String, String> settings = SettingsFile.read(Path.of(arguments[0]));
    AnalysisJob.environment(JobConfiguration.of(settings), Optional.empty()).execute("plumbline");
  }
}
