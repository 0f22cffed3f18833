package io.plumbline.schemas.wire;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Every topic, as data: whoever creates topics does it from here, and {@code docs/topics.md} tells
 * people the same.
 */
public enum Topic {
  /** What collectors saw; the order within a VM is the order in its partition. */
  OBSERVATIONS(
      "plumbline.observations", Key.VM_ID, Spread.WIDE, Cleanup.DELETE, Duration.ofDays(7)),
  /** The newest identity of every VM. */
  IDENTITIES("plumbline.identities", Key.VM_ID, Spread.MEDIUM, Cleanup.COMPACT, null),
  /** The newest coverage of every VM. */
  COVERAGE("plumbline.coverage", Key.VM_ID, Spread.MEDIUM, Cleanup.COMPACT, null),
  /** The newest trust state of every VM. */
  TRUST("plumbline.trust", Key.VM_ID, Spread.MEDIUM, Cleanup.COMPACT, null),
  /** Findings as they open, change and close. */
  FINDINGS("plumbline.findings", Key.VM_ID, Spread.MEDIUM, Cleanup.DELETE, Duration.ofDays(90)),
  /** Requests to a VM's collector for a snapshot round. */
  RESYNC_REQUESTS(
      "plumbline.resync-requests", Key.VM_ID, Spread.NARROW, Cleanup.DELETE, Duration.ofDays(1)),
  /** Records that could not be understood. */
  DEAD_LETTERS(
      "plumbline.dead-letters", Key.ORIGINAL, Spread.NARROW, Cleanup.DELETE, Duration.ofDays(30)),
  /** Which kernel signatures exist. */
  SIGNATURES("plumbline.signatures", Key.SIGNATURE, Spread.NARROW, Cleanup.COMPACT, null);

  /** What a record's key is, in UTF-8 unless it is the original one. */
  public enum Key {
    /** The name of the virtual machine. */
    VM_ID,
    /** The signature's content address. */
    SIGNATURE,
    /** The refused record's key, byte for byte, at most 16 KiB of it; may be absent. */
    ORIGINAL
  }

  /** What Kafka does with old records. */
  public enum Cleanup {
    /** Segments go when they are older than the retention. */
    DELETE,
    /** The newest record of each key stays. */
    COMPACT
  }

  /** How many partitions a deployment gives a topic; a single broker may take one for all. */
  private enum Spread {
    /** As many as analysis operators may ever run in parallel: this number cannot grow later. */
    WIDE(64),
    MEDIUM(8),
    NARROW(1);

    private final int partitions;

    Spread(int partitions) {
      this.partitions = partitions;
    }
  }

  private final String topicName;
  private final Key key;
  private final Spread spread;
  private final Cleanup cleanup;
  private final Optional<Duration> retention;

  Topic(String topicName, Key key, Spread spread, Cleanup cleanup, Duration retention) {
    this.topicName = topicName;
    this.key = key;
    this.spread = spread;
    this.cleanup = cleanup;
    this.retention = Optional.ofNullable(retention);
  }

  /** The topic's name in Kafka. */
  public String topicName() {
    return topicName;
  }

  /** The registry's subject for the topic's values (Confluent's TopicNameStrategy). */
  public String subject() {
    return topicName + "-value";
  }

  /** What the records are keyed by. */
  public Key key() {
    return key;
  }

  /** Partitions in a deployment of many brokers; because keys stick to them it never changes. */
  public int partitions() {
    return spread.partitions;
  }

  /** What happens to old records. */
  public Cleanup cleanup() {
    return cleanup;
  }

  /** How long records are kept; empty if compaction alone decides. */
  public Optional<Duration> retention() {
    return retention;
  }

  /** The settings of the topic under Kafka's own names, for whoever creates it. */
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("cleanup.policy", cleanup == Cleanup.COMPACT ? "compact" : "delete");
    retention.ifPresent(kept -> settings.put("retention.ms", Long.toString(kept.toMillis())));
    return settings;
  }
}
