package io.plumbline.cli.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DockerSocketTest {
  @Test
  void aListeningUnixSocketIsNoObstacle() throws Exception {
    // Not JUnit's folder: a socket's path may have 108 bytes at most (unix(7)).
    Path socket = Files.createTempDirectory(Path.of("/tmp"), "plumbline").resolve("docker.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      assertThat(DockerSocket.obstacle(Map.of("DOCKER_HOST", "unix://" + socket))).isEmpty();
    } finally {
      Files.deleteIfExists(socket);
      Files.delete(socket.getParent());
    }
  }

  @Test
  void aListeningTcpSocketIsNoObstacle() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String place = "tcp://127.0.0.1:" + server.getLocalPort();
      assertThat(DockerSocket.obstacle(Map.of("DOCKER_HOST", place))).isEmpty();
    }
  }

  @Test
  void aSocketThatIsNotThereIsNamed() {
    assertThat(DockerSocket.obstacle(Map.of("DOCKER_HOST", "unix:///nowhere/docker.sock")))
        .contains("no Docker engine answers at unix:///nowhere/docker.sock");
  }

  @Test
  void aSchemeThatNobodyListensOnIsAnObstacle() {
    assertThat(DockerSocket.obstacle(Map.of("DOCKER_HOST", "npipe:////./pipe/docker_engine")))
        .isPresent();
  }
}
