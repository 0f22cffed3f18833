package io.plumbline.cli.stage;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether something listens where a Docker engine would. Testcontainers can tell as well, but asks
 * every kind of engine that it knows, each with its own patience, and logs errors when none is
 * there, which on a machine without Docker is the rule and no error.
 */
final class DockerSocket {
  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final int DOCKER_PORT = 2375;

  private DockerSocket() {}

  /** Why no engine can be spoken to; empty if one can. */
  static Optional<String> obstacle(Map<String, String> environment) {
    List<String> tried = new ArrayList<>();
    for (URI place : places(environment)) {
      try {
        connect(place);
        return Optional.empty();
      } catch (IOException | IllegalArgumentException e) {
        tried.add(place.toString());
      }
    }
    return Optional.of("no Docker engine answers at " + String.join(" or ", tried));
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

  private static void connect(URI place) throws IOException {
    if (place.getScheme().equals("unix")) {
      try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        channel.connect(UnixDomainSocketAddress.of(place.getPath()));
      }
      return;
    }
    int port = place.getPort() == -1 ? DOCKER_PORT : place.getPort();
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(place.getHost(), port), (int) LIMIT.toMillis());
    }
  }
}
