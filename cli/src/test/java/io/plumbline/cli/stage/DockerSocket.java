package io.plumbline.cli.stage;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a Docker engine answers where one would listen. Testcontainers can tell as well, but asks
 * every kind of engine that it knows, each with its own patience, waits without limit for one that
 * says nothing, and logs errors when none is there, which on a machine without Docker is the rule
 * and no error.
 */
final class DockerSocket {
  private static final Duration TO_CONNECT = Duration.ofSeconds(1);
  private static final Duration TO_ANSWER = Duration.ofSeconds(10);
  private static final int DOCKER_PORT = 2375;

  /** Docker Engine API, "Ping"; the oldest HTTP, so that the engine closes after the answer. */
  private static final String PING = "GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n";

  private static final String GREETING = "HTTP/1.";

  private DockerSocket() {}

  /**
   * Why there is no engine to be spoken to; empty if one answers.
   *
   * @throws AssertionError if something listens but does not answer as an engine does: that is a
   *     fault of this machine, not a machine without Docker
   */
  static Optional<String> obstacle(Map<String, String> environment) {
    return obstacle(environment, TO_ANSWER);
  }

  static Optional<String> obstacle(Map<String, String> environment, Duration toAnswer) {
    List<String> absent = new ArrayList<>();
    List<String> broken = new ArrayList<>();
    boolean encrypted = !environment.getOrDefault("DOCKER_TLS_VERIFY", "").isEmpty();
    for (URI place : places(environment)) {
      try (SocketChannel channel = connect(place)) {
        try {
          if (!encrypted) {
            ping(channel, toAnswer);
          }
          return Optional.empty();
        } catch (IOException e) {
          broken.add(place + " (" + e.getMessage() + ")");
        }
      } catch (IOException | IllegalArgumentException e) {
        absent.add(place + " (" + e.getMessage() + ")");
      }
    }
    if (!broken.isEmpty()) {
      throw new AssertionError(
          "something listens where a Docker engine would, but answers no ping: "
              + String.join(", ", broken));
    }
    return Optional.of("no Docker engine listens at " + String.join(" or ", absent));
  }

  /** What the user named, or where Docker, rootless Docker and Docker Desktop listen. */
  private static List<URI> places(Map<String, String> environment) {
    String named = environment.getOrDefault("DOCKER_HOST", "");
    if (!named.isEmpty()) {
      return List.of(URI.create(named));
    }
    List<URI> places = new ArrayList<>();
    places.add(URI.create("unix:///var/run/docker.sock"));
    Optional.ofNullable(environment.get("XDG_RUNTIME_DIR"))
        .ifPresent(folder -> places.add(unix(Path.of(folder, "docker.sock"))));
    String home = System.getProperty("user.home");
    places.add(unix(Path.of(home, ".docker", "run", "docker.sock")));
    return places;
  }

  private static URI unix(Path socket) {
    return URI.create("unix://" + socket.toUri().getRawPath());
  }

  private static SocketChannel connect(URI place) throws IOException {
    boolean unix = place.getScheme().equals("unix");
    SocketChannel channel =
        unix ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open();
    try {
      channel.configureBlocking(false);
      if (!channel.connect(unix ? UnixDomainSocketAddress.of(place.getPath()) : tcp(place))) {
        await(channel, SelectionKey.OP_CONNECT, TO_CONNECT);
        channel.finishConnect();
      }
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static SocketAddress tcp(URI place) {
    if (place.getHost() == null) {
      throw new IllegalArgumentException("names no host");
    }
    int port = place.getPort() == -1 ? DOCKER_PORT : place.getPort();
    InetSocketAddress address = new InetSocketAddress(place.getHost(), port);
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("its host is not known");
    }
    return address;
  }

  private static void ping(SocketChannel channel, Duration limit) throws IOException {
    channel.write(ByteBuffer.wrap(PING.getBytes(StandardCharsets.US_ASCII)));
    ByteBuffer answer = ByteBuffer.allocate(GREETING.length() + "1 200".length());
    while (answer.hasRemaining()) {
      await(channel, SelectionKey.OP_READ, limit);
      if (channel.read(answer) < 0) {
        throw new EOFException("it closed the connection");
      }
    }
    String status = new String(answer.array(), StandardCharsets.US_ASCII);
    if (!status.startsWith(GREETING) || !status.endsWith(" 200")) {
      throw new IOException("expected HTTP status 200, found: " + status);
    }
  }

  private static void await(SocketChannel channel, int operation, Duration limit)
      throws IOException {
    try (Selector selector = Selector.open()) {
      channel.register(selector, operation);
      if (selector.select(limit.toMillis()) == 0) {
        throw new SocketTimeoutException("nothing within " + limit);
      }
    }
  }
}
