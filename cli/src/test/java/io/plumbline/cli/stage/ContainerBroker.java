package io.plumbline.cli.stage;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * Kafka in a container where an engine runs that has, or within a time limit gets, the image. Once
 * that is known a container that does not start fails the test: from there on it is a fault, not a
 * machine without Docker.
 */
final class ContainerBroker implements TestBroker {
  /** Another image that behaves like this one can be named by the system property. */
  private static final String KAFKA = "apache/kafka";

  private static final String IMAGE_PROPERTY = "plumbline.kafka.image";
  private static final String IMAGE = System.getProperty(IMAGE_PROPERTY, KAFKA + ":4.2.2");
  private static final Duration PULL = Duration.ofSeconds(45);

  private final DockerImageName image;

  private ContainerBroker(DockerImageName image) {
    this.image = image;
  }

  /** A broker in a container if that can be had, else the one in this process, which says why. */
  static TestBroker orInProcess() throws InterruptedException {
    Optional<String> obstacle = DockerSocket.obstacle(System.getenv());
    if (obstacle.isEmpty()) {
      obstacle = imageObstacle(DockerImageName.parse(IMAGE));
    }
    if (obstacle.isPresent()) {
      return new InProcess(IN_PROCESS + ", because " + obstacle.get());
    }
    return new ContainerBroker(DockerImageName.parse(IMAGE).asCompatibleSubstituteFor(KAFKA));
  }

  private static Optional<String> imageObstacle(DockerImageName name) throws InterruptedException {
    DockerClientFactory factory = DockerClientFactory.instance();
    if (!factory.isDockerAvailable()) {
      return Optional.of("Testcontainers found no Docker engine that it can use");
    }
    DockerClient client = factory.client();
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
    container.start();
    return Stage.raiseBeside(container.getBootstrapServers(), closing, signatures, checkpoints);
  }

  @Override
  public String toString() {
    return "a container of " + image;
  }
}
