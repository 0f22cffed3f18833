package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import java.util.List;

/**
 * One thing that a monitor saw.
 *
 * @param type what kind of thing it is
 * @param severity how much it matters
 * @param vcpu 0-based vCPU on which it was seen
 * @param address where it is; 0 for a register that holds no address
 * @param symbol the best name for the place
 * @param owner {@code kernel}, {@code module NAME} or {@code unknown}
 * @param expected what a good guest has there
 * @param actual what this guest has there
 * @param path from the hardware root to the place, the root first
 * @param place tells it from all other places of the guest, whatever the slide
 */
public record Observation(
    FindingType type,
    Severity severity,
    int vcpu,
    GuestVirtualAddress address,
    String symbol,
    String owner,
    String expected,
    String actual,
    List<String> path,
    String place) {
  public Observation {
    path = List.copyOf(path);
  }

  /**
   * A thing of the kernel's that the hardware itself leads to, as severe as its type.
   *
   * @param symbol names the place, whatever the slide
   */
  public static Observation of(
      FindingType type, int vcpu, GuestVirtualAddress address, String symbol) {
    return new Observation(
        type,
        type.violation() ? Severity.CRITICAL : Severity.MEDIUM,
        vcpu,
        address,
        symbol,
        "kernel",
        "",
        "",
        List.of(symbol),
        symbol + "#" + vcpu);
  }

  /** The same, with what should be there and what is. */
  public Observation butFound(String newExpected, String newActual) {
    return new Observation(
        type, severity, vcpu, address, symbol, owner, newExpected, newActual, path, place);
  }

  /** The same, of another owner. */
  public Observation ownedBy(String newOwner) {
    return new Observation(
        type, severity, vcpu, address, symbol, newOwner, expected, actual, path, place);
  }

  /** The same, mattering more or less. */
  public Observation as(Severity newSeverity) {
    return new Observation(
        type, newSeverity, vcpu, address, symbol, owner, expected, actual, path, place);
  }

  /** The same, with the way there. */
  public Observation reachedBy(List<String> newPath) {
    return new Observation(
        type, severity, vcpu, address, symbol, owner, expected, actual, newPath, place);
  }

  /** The same, at a place that {@code newPlace} tells from all others. */
  public Observation at(String newPlace) {
    return new Observation(
        type, severity, vcpu, address, symbol, owner, expected, actual, path, newPlace);
  }
}
