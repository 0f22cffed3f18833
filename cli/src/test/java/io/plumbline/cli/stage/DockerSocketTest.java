package io.plumbline.cli.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DockerSocketTest {
  private static final String PONG = "HTTP/1.0 200 OK\r\nApi-Version: 1.41\r\n\r\nOK";

  @Test
  void anEngineAtAUnixSocketIsNoObstacle() throws Exception {
    // Not JUnit's folder: a socket's path may have 108 bytes at most (unix(7)).
    Path socket = Files.createTempDirectory(Path.of("/tmp"), "plumbline").resolve("docker.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      answer(server, PONG);
      assertThat(DockerSocket.obstacle(Map.of("DOCKER_HOST", "unix://" + socket))).isEmpty();
    } finally {
      Files.deleteIfExists(socket);
      Files.delete(socket.getParent());
    }
  }

  @Test
  void anEngineAtATcpSocketIsNoObstacle() throws Exception {
    try (ServerSocketChannel server = tcp()) {
      answer(server, PONG);
      assertThat(DockerSocket.obstacle(host(server))).isEmpty();
    }
  }

  @Test
  void aSocketThatIsNotThereIsNamed() {
    assertThat(DockerSocket.obstacle(Map.of("DOCKER_HOST", "unix:///nowhere/docker.sock")))
        .hasValueSatisfying(
            why ->
                assertThat(why)
                    .startsWith("no Docker engine listens at unix:///nowhere/docker.sock ("));
  }

  @Test
  void aPortWhereNobodyListensIsAnObstacle() throws Exception {
    int port;
    try (ServerSocket closedAtOnce = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = closedAtOnce.getLocalPort();
    }
    assertThat(DockerSocket.obstacle(Map.of("DOCKER_HOST", "tcp://127.0.0.1:" + port))).isPresent();
  }

  @Test
  void aSchemeThatNobodyListensOnIsAnObstacle() {
    assertThat(DockerSocket.obstacle(Map.of("DOCKER_HOST", "npipe:////./pipe/docker_engine")))
        .isPresent();
  }

  @Test
  void anEngineThatRefusesItsPingIsAFault() throws Exception {
    try (ServerSocketChannel server = tcp()) {
      answer(server, "HTTP/1.1 500 Internal Server Error\r\n\r\n");
      assertThatThrownBy(() -> DockerSocket.obstacle(host(server)))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("expected HTTP status 200, found: HTTP/1.1 500");
    }
  }

  @Test
  void anEngineThatHangsUpIsAFault() throws Exception {
    try (ServerSocketChannel server = tcp()) {
      answer(server, "");
      assertThatThrownBy(() -> DockerSocket.obstacle(host(server)))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("tcp://127.0.0.1:");
    }
  }

  @Test
  void anEngineThatSaysNothingIsAFault() throws Exception {
    try (ServerSocketChannel server = tcp()) { // the kernel accepts, and nobody reads
      assertThatThrownBy(() -> DockerSocket.obstacle(host(server), Duration.ofMillis(200)))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("nothing within PT0.2S");
    }
  }

  private static ServerSocketChannel tcp() throws IOException {
    return ServerSocketChannel.open()
        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  private static Map<String, String> host(ServerSocketChannel server) throws IOException {
    int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
    return Map.of("DOCKER_HOST", "tcp://127.0.0.1:" + port);
  }

  /** Takes one connection, reads what is asked, says {@code words} and hangs up. */
  private static void answer(ServerSocketChannel server, String words) {
    Thread thread =
        new Thread(
            () -> {
              try (SocketChannel client = server.accept()) {
                client.read(ByteBuffer.allocate(1024));
                client.write(ByteBuffer.wrap(words.getBytes(StandardCharsets.US_ASCII)));
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            },
            "engine of " + DockerSocketTest.class.getSimpleName());
    thread.setDaemon(true);
    thread.start();
  }
}
