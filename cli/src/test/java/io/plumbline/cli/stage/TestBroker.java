package io.plumbline.cli.stage;

import java.nio.file.Path;
import java.time.Duration;

/** A real broker for a test's pipeline; {@code toString} says which. */
interface TestBroker {
  /** The broker of the embedded default. */
  TestBroker IN_PROCESS = new InProcess("the broker in this process");

  /**
   * Starts what has to be started and raises a stage on it.
   *
   * @param closing takes down whatever was started, the broker included
   */
  Stage raise(Closing closing, Path signatures, Duration checkpoints) throws Exception;

  /** Kafka's classes in this JVM. */
  record InProcess(String description) implements TestBroker {
    @Override
    public Stage raise(Closing closing, Path signatures, Duration checkpoints) throws Exception {
      return Stage.raise(closing, StageSettings.small(signatures, checkpoints));
    }

    @Override
    public String toString() {
      return description;
    }
  }
}
