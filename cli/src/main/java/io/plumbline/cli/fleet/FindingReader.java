package io.plumbline.cli.fleet;

import io.plumbline.cli.results.Result;
import io.plumbline.cli.results.VmFinding;
import io.plumbline.cli.results.VmTrust;
import io.plumbline.cli.wire.ResultTopics;
import io.plumbline.schemas.wire.SchemaRegistry;
import io.plumbline.schemas.wire.SchemaRegistryException;
import java.io.IOException;
import java.time.Duration;
import java.util.Properties;
import java.util.function.LongSupplier;

/** Reads the results of a fleet, in a thread of its own, as soon as Kafka has them. */
final class FindingReader implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final Probes probes;
  private final LongSupplier nanoTime;
  private final Thread thread;
  private volatile boolean closed;
  private volatile Exception failure;

  private FindingReader(
      Properties kafka, SchemaRegistry registry, Probes probes, LongSupplier nanoTime) {
    this.probes = probes;
    this.nanoTime = nanoTime;
    this.thread = new Thread(() -> read(kafka, registry), "fleet-results");
    thread.setDaemon(true);
  }

  /** Begins to read; what is found goes to {@code probes}. */
  static FindingReader start(
      Properties kafka, SchemaRegistry registry, Probes probes, LongSupplier nanoTime) {
    FindingReader reader = new FindingReader(kafka, registry, probes, nanoTime);
    reader.thread.start();
    return reader;
  }

  long threadId() {
    return thread.getId();
  }

  /**
   * Demands that everything was read so far.
   *
   * @throws IOException if reading has ended
   */
  void check() throws IOException {
    if (failure != null) {
      throw new IOException("results were not read: " + failure.getMessage(), failure);
    }
  }

  private void read(Properties kafka, SchemaRegistry registry) {
    try (ResultTopics results = ResultTopics.open(kafka, registry)) {
      while (!closed) {
        results.poll(POLL).forEach(this::arrived);
      }
    } catch (SchemaRegistryException | RuntimeException e) {
      failure = e;
    }
  }

  private void arrived(Result result) {
    if (result instanceof VmFinding finding) {
      probes.found(finding.vmId(), finding.round(), nanoTime.getAsLong());
    } else if (result instanceof VmTrust trust) {
      probes.judged(trust.vmId());
    }
  }

  /** Ends the thread; an interrupt cuts the waiting for that short. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
