package io.plumbline.cli.results;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A finding that opened, changed or closed.
 *
 * @param round capture round within the collector's epoch, from 0
 * @param activity {@code open}, {@code update} or {@code close}
 */
public record VmFinding(
    String uid,
    String vmId,
    long round,
    Instant capturedAt,
    Instant firstSeenAt,
    String activity,
    String type,
    String severity,
    OptionalInt vcpu,
    OptionalLong address,
    Optional<String> symbol,
    String owner,
    String expected,
    String actual,
    List<String> path,
    OptionalLong frame,
    Optional<String> signature)
    implements Result {
  public VmFinding {
    path = List.copyOf(path);
  }

  /** Whether the finding is open after this record. */
  public boolean open() {
    return !activity.equals("close");
  }

  /** The best name for the place: its symbol, else its address. */
  public String place() {
    return symbol.orElseGet(
        () -> address.isPresent() ? Hex.of(address.getAsLong()) : "unknown place");
  }
}
