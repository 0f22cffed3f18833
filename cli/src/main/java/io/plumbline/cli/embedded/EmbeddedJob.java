package io.plumbline.cli.embedded;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.apache.flink.runtime.minicluster.MiniCluster;

/** One job on an {@link EmbeddedFlink}. */
public final class EmbeddedJob {
  private static final Duration POLL = Duration.ofMillis(50);

  private final MiniCluster cluster;
  private final JobID id;
  private final String name;

  EmbeddedJob(MiniCluster cluster, JobID id, String name) {
    this.cluster = cluster;
    this.id = id;
    this.name = name;
  }

  /**
   * Waits until every subtask runs.
   *
   * @throws IOException if that takes longer than {@code limit} or the job ended first; the message
   *     names the cause
   */
  public void awaitRunning(Duration limit) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!allSubtasksRun()) {
      Optional<String> failure = failure();
      if (failure.isPresent()) {
        throw new EmbeddedException("the job " + name + " does not run: " + failure.get());
      }
      if (System.nanoTime() - deadline > 0) {
        throw new EmbeddedException(
            "the job " + name + " did not run within " + limit.toSeconds() + " s");
      }
      Thread.sleep(POLL.toMillis());
    }
  }

  private boolean allSubtasksRun() throws IOException, InterruptedException {
    AccessExecutionGraph graph = graph();
    if (graph.getState() != JobStatus.RUNNING) {
      return false;
    }
    for (AccessExecutionVertex vertex : graph.getAllExecutionVertices()) {
      if (vertex.getExecutionState() != ExecutionState.RUNNING) {
        return false;
      }
    }
    return true;
  }

  /**
   * Why the job ended, or is being restarted, without having been asked to; empty if it is well.
   */
  public Optional<String> failure() throws IOException, InterruptedException {
    AccessExecutionGraph graph = graph();
    JobStatus state = graph.getState();
    if (state == JobStatus.RUNNING
        || state == JobStatus.CREATED
        || state == JobStatus.INITIALIZING) {
      return Optional.empty();
    }
    ErrorInfo error = graph.getFailureInfo();
    return Optional.of(error == null ? state.toString() : rootCause(error));
  }

  /** Whether the job has ended for good, so that it will not be restarted. */
  public boolean ended() throws IOException, InterruptedException {
    return graph().getState().isGloballyTerminalState();
  }

  private static String rootCause(ErrorInfo error) {
    Throwable cause = error.getException().deserializeError(EmbeddedJob.class.getClassLoader());
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  private AccessExecutionGraph graph() throws IOException, InterruptedException {
    return EmbeddedFlink.within(
        "the state of the job " + name + " is not known", cluster.getExecutionGraph(id));
  }

  /** Takes a checkpoint now and returns where it lies. */
  public String checkpoint() throws IOException, InterruptedException {
    return EmbeddedFlink.within(
        "no checkpoint of the job " + name + " was taken", cluster.triggerCheckpoint(id));
  }

  /** Ends the job as a crash of its task manager would: without a last checkpoint. */
  public void cancel() throws IOException, InterruptedException {
    EmbeddedFlink.within("the job " + name + " was not cancelled", cluster.cancelJob(id));
    EmbeddedFlink.within("the job " + name + " did not end", cluster.requestJobResult(id));
  }
}
