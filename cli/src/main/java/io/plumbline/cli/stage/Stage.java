package io.plumbline.cli.stage;

import io.plumbline.cli.embedded.EmbeddedException;
import io.plumbline.cli.embedded.EmbeddedFlink;
import io.plumbline.cli.embedded.EmbeddedJob;
import io.plumbline.cli.embedded.EmbeddedKafka;
import io.plumbline.cli.embedded.ScratchFolder;
import io.plumbline.cli.kafka.Broker;
import io.plumbline.flinkjobs.config.ConfigurationException;
import io.plumbline.flinkjobs.config.JobConfiguration;
import io.plumbline.flinkjobs.config.Setting;
import io.plumbline.flinkjobs.job.AnalysisJob;
import io.plumbline.flinkjobs.job.PlumblineJob;
import io.plumbline.schemas.wire.Topic;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** The embedded default: a broker and a cluster in this process, the analysis job on them. */
public final class Stage {
  private static final Duration JOB_START = Duration.ofSeconds(60);

  private final Broker broker;
  private final EmbeddedFlink flink;
  private final JobConfiguration configuration;

  private Stage(Broker broker, EmbeddedFlink flink, JobConfiguration configuration) {
    this.broker = broker;
    this.flink = flink;
    this.configuration = configuration;
  }

  /**
   * Starts broker and cluster side by side and makes the topics.
   *
   * @param closing takes down, in the right order, whatever was started
   */
  public static Stage raise(Closing closing, StageSettings settings)
      throws IOException, InterruptedException {
    ScratchFolder scratch = closing.add(ScratchFolder.create());
    return raise(
        closing,
        scratch,
        () -> closing.add(EmbeddedKafka.start(scratch.folder("kafka"))).bootstrapServers(),
        settings);
  }

  /**
   * Starts a cluster beside a broker that runs already, and makes the topics.
   *
   * @param closing takes down whatever was started; the broker stays
   * @param bootstrapServers the broker's {@code host:port}
   */
  public static Stage raiseBeside(String bootstrapServers, Closing closing, StageSettings settings)
      throws IOException, InterruptedException {
    ScratchFolder scratch = closing.add(ScratchFolder.create());
    return raise(closing, scratch, () -> bootstrapServers, settings);
  }

  private static Stage raise(
      Closing closing, ScratchFolder scratch, BrokerStart start, StageSettings settings)
      throws IOException, InterruptedException {
    Path flinkFolder = scratch.folder("flink");
    FutureTask<EmbeddedFlink> starting =
        inBackground(() -> EmbeddedFlink.start(flinkFolder, settings.parallelism()));
    String bootstrapServers = start.bootstrapServers();
    EmbeddedFlink flink = closing.add(started(starting));
    Broker broker = Broker.at(bootstrapServers);
    broker.createTopics(settings.partitions(), (short) 1);
    URI kept = scratch.folder("checkpoints").toUri();
    return new Stage(broker, flink, configuration(bootstrapServers, kept, settings));
  }

  /** Where the broker's address comes from, once it runs. */
  @FunctionalInterface
  private interface BrokerStart {
    String bootstrapServers() throws IOException;
  }

  private static <T> FutureTask<T> inBackground(Callable<T> start) {
    FutureTask<T> task = new FutureTask<>(start);
    Thread thread = new Thread(task, "plumbline-start");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  private static EmbeddedFlink started(FutureTask<EmbeddedFlink> starting)
      throws IOException, InterruptedException {
    try {
      return starting.get();
    } catch (ExecutionException e) {
      throw new EmbeddedException(e.getCause().getMessage(), e.getCause());
    }
  }

  private static JobConfiguration configuration(String brokers, URI kept, StageSettings stage) {
    Map<String, String> settings = new HashMap<>();
    settings.put(Setting.BOOTSTRAP_SERVERS.key(), brokers);
    settings.put(Setting.CHECKPOINT_DIRECTORY.key(), kept.toString());
    settings.put(Setting.CHECKPOINT_INTERVAL.key(), stage.checkpoints().toString());
    settings.put(Setting.SIGNATURE_STORE.key(), stage.signatures().toUri().toString());
    settings.put(Setting.STATE_BACKEND.key(), stage.backend().flinkName());
    settings.put(Setting.PARALLELISM.key(), Integer.toString(stage.parallelism()));
    // The heap backend pays for every key group, and this stage never grows.
    settings.put(Setting.MAX_PARALLELISM.key(), "128");
    settings.put(Setting.RESTART_ATTEMPTS.key(), "0");
    settings.put(Setting.WEB_PORT.key(), "-1");
    // Recordings are replayed faster than they were made, and each of their rounds is a story.
    settings.put(Setting.MOST_SHARE.key(), "100");
    try {
      return JobConfiguration.of(settings);
    } catch (ConfigurationException e) {
      throw new IllegalStateException("the embedded default is misconfigured", e);
    }
  }

  /** Starts the analysis and returns when it runs. */
  public EmbeddedJob analyse(Optional<String> restoreFrom)
      throws IOException, InterruptedException {
    EmbeddedJob job =
        flink.submit(AnalysisJob.environment(configuration, restoreFrom), PlumblineJob.NAME);
    job.awaitRunning(JOB_START);
    return job;
  }

  /** Observations that the job has not yet made results of that a reader can see. */
  public long backlog() throws InterruptedException {
    return broker.backlog(configuration.consumerGroup(), Topic.OBSERVATIONS);
  }

  public Broker broker() {
    return broker;
  }

  /** Where a browser finds the cluster. */
  public URI webUi() {
    return flink.webUi();
  }
}
