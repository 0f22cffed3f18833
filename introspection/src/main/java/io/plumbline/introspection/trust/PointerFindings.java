package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.image.StaticPointers;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Findings about pointers in data that lead to no trusted code: the kernel's own variables, and
 * objects that they lead to. Read-only data is compared byte by byte elsewhere.
 */
final class PointerFindings {
  private final TrustedKernel kernel;
  private final PlacedImage placed;
  private final ReachedPlaces reached;
  private final FindingBook findings;
  private final Set<Long> handlers;

  /**
   * @param handlers of kprobes that are told with the place they were set at
   */
  PointerFindings(
      TrustedKernel kernel,
      PlacedImage placed,
      ReachedPlaces reached,
      FindingBook findings,
      Set<Long> handlers) {
    this.kernel = kernel;
    this.placed = placed;
    this.reached = reached;
    this.findings = findings;
    this.handlers = handlers;
  }

  /**
   * Reports them.
   *
   * @param odd variables that hold something else than the image has in them
   * @param strays pointers to foreign code that were met
   */
  void report(List<OddPointer> odd, List<Fixpoint.Stray> strays) {
    odd.stream()
        .filter(each -> !kernel.isTrustedFunction(each.found))
        .forEach(
            each ->
                add(
                    each.slot,
                    kernel.place(each.expected),
                    each.found,
                    reached.toData(each.slot, kernel.nameOf(each.slot))));
    strays.stream()
        .filter(stray -> !placed.isVerified(stray.slot()) && !handlers.contains(stray.target()))
        .forEach(
            stray ->
                add(stray.slot(), "a trusted function", stray.target(), reached.toPointer(stray)));
  }

  /**
   * A pointer to a function in the image's writable data, which the guest points elsewhere.
   *
   * @param expected the function of the image
   */
  record OddPointer(long slot, long expected, long found) {}

  /**
   * Pointers that the image has in its writable data: each leads to a function or nowhere. One that
   * was taken out is no address any more and means something else.
   */
  static List<OddPointer> oddPointers(TrustedKernel kernel, PlacedImage placed) {
    StaticPointers pointers = placed.verifier().staticPointers();
    List<OddPointer> odd = new ArrayList<>();
    for (int i = 0; i < pointers.size(); i++) {
      long slot = placed.addressOf(pointers.slots()[i]);
      long expected = placed.addressOf(pointers.functions()[i]);
      OptionalLong found = kernel.word(slot);
      if (found.isPresent() && found.getAsLong() != expected && found.getAsLong() < 0) {
        odd.add(new OddPointer(slot, expected, found.getAsLong()));
      }
    }
    return odd;
  }

  private void add(long slot, String expected, long actual, Way way) {
    GuestVirtualAddress address = new GuestVirtualAddress(slot);
    if (findings.has(FindingType.UNEXPECTED_CONTROL_FLOW_TARGET, address)) {
      // Whoever made code of this pointer told it already.
      return;
    }
    String symbol = way.path().get(way.path().size() - 1);
    List<String> path = new ArrayList<>(way.path());
    path.add(kernel.place(actual));
    findings.add(
        FindingType.UNEXPECTED_CONTROL_FLOW_TARGET,
        way.vcpu(),
        address,
        symbol,
        kernel.ownerOf(actual).orElse("unknown"),
        expected,
        kernel.place(actual),
        path,
        "pointer+" + symbol);
  }
}
