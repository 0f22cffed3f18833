package io.plumbline.cli.collect;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Everything a collector is told.
 *
 * @param brokers Kafka's {@code host:port}, several separated by commas
 * @param registry root of a Confluent-compatible schema registry; empty for the built-in numbers
 * @param host name of the host that speaks
 * @param interval time between two looks at the images
 * @param patience the longest wait for Kafka or the registry
 * @param keptBytes content kept in memory for each guest, so that small changes become patches
 * @param vms at least one, no two of the same name
 */
public record CollectorConfiguration(
    String brokers,
    Optional<URI> registry,
    String host,
    Duration interval,
    Duration patience,
    long keptBytes,
    List<CollectedVm> vms) {
  public CollectorConfiguration {
    vms = List.copyOf(vms);
  }
}
