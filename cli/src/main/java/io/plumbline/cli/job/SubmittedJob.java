package io.plumbline.cli.job;

import io.plumbline.flinkjobs.config.JobConfiguration;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

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
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(Path.of(arguments[0]), StandardCharsets.UTF_8)) {
      properties.load(reader);
    }
    Map<String, String> settings = new HashMap<>();
    properties.stringPropertyNames().forEach(key -> settings.put(key, properties.getProperty(key)));
    AnalysisJob.environment(JobConfiguration.of(settings), Optional.empty()).execute("plumbline");
  }
}
