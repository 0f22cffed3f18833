package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.Provenance;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.NamedCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where reached code comes from: the hardware root that led to it, and the functions between. */
final class Lineage {
  private final Provenance explored;
  private final NamedCode placed;
  private final Map<Long, HardwareRoot> rootByTarget = new HashMap<>();

  /**
   * Of an exploration that began at {@code roots}.
   *
   * @param roots in the order of vCPUs and vectors; of several with one target the first counts
   */
  Lineage(Provenance explored, List<HardwareRoot> roots, NamedCode placed) {
    this.explored = explored;
    this.placed = placed;
    roots.forEach(root -> rootByTarget.putIfAbsent(root.target().value(), root));
  }

  /** The vCPU whose root led to {@code function}; {@code otherwise} if none is known. */
  int vcpuOf(long function, int otherwise) {
    return rootOf(function).map(HardwareRoot::vcpu).orElse(otherwise);
  }

  /** Whether {@code function} was reached from a system-call register and not from a gate. */
  boolean fromSystemCall(long function) {
    return rootOf(function).map(root -> root.kind() != HardwareRoot.Kind.IDT_GATE).orElse(false);
  }

  /** From the root's name through the functions to {@code function}; may be added to. */
  List<String> pathTo(long function) {
    List<String> path = new ArrayList<>();
    rootOf(function).ifPresent(root -> path.add(Evidence.nameOf(root)));
    for (GuestVirtualAddress entry : explored.pathTo(function)) {
      path.add(placed.nameOf(entry.value()));
    }
    return path;
  }

  private Optional<HardwareRoot> rootOf(long function) {
    return explored.pathTo(function).stream()
        .findFirst()
        .map(entry -> rootByTarget.get(entry.value()));
  }
}
