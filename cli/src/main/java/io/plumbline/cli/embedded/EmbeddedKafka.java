package io.plumbline.cli.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * A real Kafka broker in this process: KRaft, broker and controller in one, on the loopback
 * interface. The only class that touches Kafka's server classes, which are internal to Kafka and
 * may change with any release.
 */
public final class EmbeddedKafka implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";
  private static final int NODE = 1;

  /** Always the same, "plumbline-kafka!", so that a folder can be started again. */
  private static final Uuid CLUSTER = new Uuid(0x706c756d626c696eL, 0x652d6b61666b6121L);

  private static final int START_ATTEMPTS = 3;

  private final KafkaRaftServer server;
  private final String bootstrapServers;

  private EmbeddedKafka(KafkaRaftServer server, String bootstrapServers) {
    this.server = server;
    this.bootstrapServers = bootstrapServers;
  }

  /**
   * Starts a broker that keeps its log in {@code folder}, which may be empty or a stopped broker's.
   *
   * @throws IOException if the storage cannot be formatted or no port is free
   */
  public static EmbeddedKafka start(Path folder) throws IOException {
    RuntimeException last = null;
    for (int attempt = 0; attempt < START_ATTEMPTS; attempt++) {
      try {
        return startOnce(folder);
      } catch (RuntimeException e) { // another process took a port between the look and the bind
        last = e;
      }
    }
    throw new EmbeddedException(
        "the embedded Kafka broker did not start: " + last.getMessage(), last);
  }

  private static EmbeddedKafka startOnce(Path folder) throws IOException {
    int[] ports = freePorts(2);
    format(folder);
    Properties properties = properties(folder, ports[0], ports[1]);
    KafkaRaftServer server =
        new KafkaRaftServer(KafkaConfig.fromProps(properties, false), Time.SYSTEM);
    server.startup();
    return new EmbeddedKafka(server, LOOPBACK + ":" + ports[0]);
  }

  /** Host and port for clients. */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  private static void format(Path folder) throws IOException {
    try {
      new Formatter()
          .setNodeId(NODE)
          .setClusterId(CLUSTER.toString())
          .setDirectories(List.of(folder.toString()))
          .setMetadataLogDirectory(folder.toString())
          .setControllerListenerName("CONTROLLER")
          .setIgnoreFormatted(true)
          .setPrintStream(
              new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
          .run();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) { // the formatter declares Exception
      throw new EmbeddedException("Kafka's storage in " + folder + " cannot be formatted", e);
    }
  }

  private static Properties properties(Path folder, int brokerPort, int controllerPort) {
    String broker = "PLAINTEXT://" + LOOPBACK + ":" + brokerPort;
    String controller = LOOPBACK + ":" + controllerPort;
    Properties p = new Properties();
    p.put("process.roles", "broker,controller");
    p.put("node.id", Integer.toString(NODE));
    p.put("listeners", broker + ",CONTROLLER://" + controller);
    p.put("advertised.listeners", broker);
    p.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
    p.put("controller.listener.names", "CONTROLLER");
    p.put("inter.broker.listener.name", "PLAINTEXT");
    p.put("controller.quorum.voters", NODE + "@" + controller);
    p.put("log.dirs", folder.toString());
    p.put("auto.create.topics.enable", "false");
    p.put("offsets.topic.replication.factor", "1");
    p.put("offsets.topic.num.partitions", "1");
    p.put("transaction.state.log.replication.factor", "1");
    p.put("transaction.state.log.min.isr", "1");
    p.put("transaction.state.log.num.partitions", "1");
    p.put("share.coordinator.state.topic.replication.factor", "1");
    p.put("share.coordinator.state.topic.min.isr", "1");
    p.put("group.initial.rebalance.delay.ms", "0");
    // The default reserves 128 MiB of heap; ours holds a few thousand keys.
    p.put("log.cleaner.dedupe.buffer.size", "2097152");
    // The default looks every five minutes for what may go, in which a fleet writes gigabytes.
    p.put("log.retention.check.interval.ms", "10000");
    // Nothing in here outlives the process, so a controlled hand-over has nobody to go to.
    p.put("controlled.shutdown.enable", "false");
    return p;
  }

  /** Ports that are free right now; all are held until the last is known, so that they differ. */
  private static int[] freePorts(int count) throws IOException {
    ServerSocket[] held = new ServerSocket[count];
    int[] ports = new int[count];
    try {
      for (int i = 0; i < count; i++) {
        held[i] = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ports[i] = held[i].getLocalPort();
      }
    } finally {
      for (ServerSocket socket : held) {
        if (socket != null) {
          socket.close();
        }
      }
    }
    return ports;
  }

  /** Stops the broker and waits until its threads are gone. */
  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }
}
