package io.plumbline.cli.stage;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.output.ToStringConsumer;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * Kafka in a container where an engine runs that has, or within a time limit gets, the image. An
 * engine that is there but broken, and a container that does not start, fail the test: that is a
 * fault, not a machine without Docker.
 */
final class ContainerBroker implements TestBroker {
  /**
   * Another image that behaves like this one can be named by the system property, which also asks
   * for a container: then nothing else will do.
   */
  private static final String KAFKA = "apache/kafka";

  private static final String IMAGE_PROPERTY = "plumbline.kafka.image";
  private static final Duration CLIENT = Duration.ofSeconds(60);
  private static final Duration PULL = Duration.ofSeconds(45);

  /** Of the broker in the container, which without it takes the reason of a failure along. */
  private static final Path LOG = Path.of("target", "kafka-container.log");

  private final DockerImageName image;

  private ContainerBroker(DockerImageName image) {
    this.image = image;
  }

  /**
   * A broker in a container if that can be had, else the one in this process, which says why.
   *
   * @throws AssertionError if an engine is there but broken, or if the system property asks for a
   *     container that cannot be had
   */
  static TestBroker orInProcess() throws InterruptedException {
    Optional<String> asked = Optional.ofNullable(System.getProperty(IMAGE_PROPERTY));
    DockerImageName image = DockerImageName.parse(asked.orElse(KAFKA + ":4.2.2"));
    Optional<String> obstacle = DockerSocket.obstacle(System.getenv());
    if (obstacle.isEmpty()) {
      obstacle = imageObstacle(client(), image);
    }
    if (obstacle.isEmpty()) {
      return new ContainerBroker(image.asCompatibleSubstituteFor(KAFKA));
    }
    if (asked.isPresent()) {
      throw new AssertionError(
          IMAGE_PROPERTY + " asks for a container of " + image + ", but " + obstacle.get());
    }
    return new InProcess(IN_PROCESS + ", because " + obstacle.get());
  }

  /** Of the engine that answers; an engine that Testcontainers cannot use is a fault. */
  private static DockerClient client() throws InterruptedException {
    FutureTask<DockerClient> task = new FutureTask<>(() -> DockerClientFactory.instance().client());
    Thread thread = new Thread(task, "plumbline-docker-client");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(CLIENT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError("Testcontainers cannot use the engine that answers", e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError(
          "Testcontainers could not use the engine that answers within "
              + CLIENT.toSeconds()
              + " s; if it waits for its clean-up container, set TESTCONTAINERS_RYUK_DISABLED",
          e);
    }
  }

  private static Optional<String> imageObstacle(DockerClient client, DockerImageName name)
      throws InterruptedException {
    if (isThere(client, name)) {
      return Optional.empty();
    }
    String refusal;
    try {
      boolean pulled =
          client
              .pullImageCmd(name.getUnversionedPart())
              .withTag(name.getVersionPart())
              .start()
              .awaitCompletion(PULL.toSeconds(), TimeUnit.SECONDS);
      refusal = pulled ? "it is not there after the pull" : "not within " + PULL.toSeconds() + " s";
    } catch (RuntimeException e) { // the engine's own words, of which there is no list
      refusal = String.valueOf(e.getMessage()).strip();
    }
    return isThere(client, name)
        ? Optional.empty()
        : Optional.of("the engine has no image " + name + " and cannot pull it: " + refusal);
  }

  private static boolean isThere(DockerClient client, DockerImageName name) {
    try {
      return !client.inspectImageCmd(name.asCanonicalNameString()).exec().getId().isEmpty();
    } catch (NotFoundException e) {
      return false;
    }
  }

  @Override
  public Stage raise(Closing closing, Path signatures, Duration checkpoints) throws Exception {
    KafkaContainer container = closing.add(new KafkaContainer(image));
    ToStringConsumer said = new ToStringConsumer();
    container.withLogConsumer(said);
    closing.add(() -> Files.writeString(LOG, said.toUtf8String()));
    container.start();
    return Stage.raiseBeside(
        container.getBootstrapServers(), closing, StageSettings.small(signatures, checkpoints));
  }

  @Override
  public String toString() {
    return "a container of " + image;
  }
}
