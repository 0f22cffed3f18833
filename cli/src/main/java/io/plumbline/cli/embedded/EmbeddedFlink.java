package io.plumbline.cli.embedded;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.RpcServiceSharing;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;

/**
 * A Flink cluster in this process with its web UI on the loopback interface. Unlike a local
 * execution environment it stands before the first job and outlives it, so that it starts beside
 * the broker and a job can be ended and started again.
 */
public final class EmbeddedFlink implements AutoCloseable {
  /**
   * For RocksDB in each slot, beside the heap: half of it holds what was written last. A snapshot
   * of a VM is some 20 MB, most of which is packed away before it has to be written to a file.
   */
  private static final int ROCKSDB_MEBIBYTES = 384;

  /** Longest wait for an answer of the cluster; starting a job took 7 s on two slow cores. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration METRICS_AGE = Duration.ofSeconds(1);

  /** Lets the operating system choose. */
  public static final int ANY_PORT = 0;

  private final MiniCluster cluster;
  private final URI webUi;

  private EmbeddedFlink(MiniCluster cluster, URI webUi) {
    this.cluster = cluster;
    this.webUi = webUi;
  }

  /** Starts a cluster of one task manager, its web UI on any free port. */
  public static EmbeddedFlink start(Path folder, int slots)
      throws IOException, InterruptedException {
    return start(folder, slots, ANY_PORT);
  }

  /**
   * Starts a cluster of one task manager.
   *
   * @param folder for its jars, spill files and RocksDB
   * @param slots how many subtasks of an operator can run at once
   * @param webPort of its web UI, {@link #ANY_PORT} for one that is free
   * @throws IOException if it does not start
   */
  public static EmbeddedFlink start(Path folder, int slots, int webPort)
      throws IOException, InterruptedException {
    MiniCluster cluster = new MiniCluster(configuration(folder, slots, webPort));
    try {
      cluster.start();
      return new EmbeddedFlink(
          cluster, within("its web UI has no address", cluster.getRestAddress()));
    } catch (Exception e) { // start() declares Exception
      stopAfter(e, cluster);
      throw new EmbeddedException("the embedded Flink cluster did not start: " + e.getMessage(), e);
    }
  }

  private static void stopAfter(Exception failure, MiniCluster cluster)
      throws InterruptedException {
    try {
      within("the half-started cluster did not stop", cluster.closeAsync());
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private static MiniClusterConfiguration configuration(Path folder, int slots, int webPort) {
    Configuration configuration = new Configuration();
    configuration.set(CoreOptions.TMP_DIRS, folder.toString());
    configuration.set(WebOptions.TMP_DIR, folder.toString());
    configuration.set(WebOptions.UPLOAD_DIR, folder.toString());
    configuration.set(RestOptions.ADDRESS, "127.0.0.1");
    configuration.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
    configuration.set(RestOptions.BIND_PORT, Integer.toString(webPort));
    // What the REST API tells of metrics is at most this old.
    configuration.set(MetricOptions.METRIC_FETCHER_UPDATE_INTERVAL, METRICS_AGE);
    configuration.set(
        TaskManagerOptions.MANAGED_MEMORY_SIZE,
        MemorySize.ofMebiBytes((long) ROCKSDB_MEBIBYTES * slots));
    configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(32));
    configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(32));
    return new MiniClusterConfiguration.Builder()
        .setConfiguration(configuration)
        .setNumTaskManagers(1)
        .setNumSlotsPerTaskManager(slots)
        .setRpcServiceSharing(RpcServiceSharing.SHARED)
        .setCommonBindAddress("127.0.0.1")
        .build();
  }

  /** Where a browser finds the cluster. */
  public URI webUi() {
    return webUi;
  }

  /**
   * Starts the job that was built in {@code environment}, whose configuration may name a checkpoint
   * to start from.
   */
  public EmbeddedJob submit(StreamExecutionEnvironment environment, String name)
      throws IOException, InterruptedException {
    StreamGraph graph = environment.getStreamGraph();
    graph.setJobName(name);
    JobID id = new JobID();
    graph.setJobId(id);
    graph.setSavepointRestoreSettings(
        SavepointRestoreSettings.fromConfiguration(environment.getConfiguration()));
    graph.serializeUserDefinedInstances();
    within("the job " + name + " was not accepted", cluster.submitJob(graph));
    return new EmbeddedJob(cluster, id, name);
  }

  /** Waits for an answer of the cluster and says what could not be done if there is none. */
  static <T> T within(String failure, CompletableFuture<T> answer)
      throws IOException, InterruptedException {
    try {
      return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new EmbeddedException(failure + ": " + e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new EmbeddedException(failure + " within " + PATIENCE.toSeconds() + " s", e);
    }
  }

  /**
   * Cancels what runs and waits until the cluster's threads are gone; an interrupt cuts the waiting
   * short.
   */
  @Override
  public void close() throws IOException {
    try {
      within("the embedded Flink cluster did not stop", cluster.closeAsync());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
