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
import java.util.OptionalLong;
import java.util.function.LongFunction;

/** Where reached code comes from: the hardware root that led to it, and the functions between. */
final class Lineage {
  private final Provenance explored;
  private final NamedCode placed;
  private final LongFunction<OptionalLong> words;
  private final Map<Long, HardwareRoot> rootByTarget = new HashMap<>();

  /**
   * Of an exploration that began at {@code roots}.
   *
   * @param roots in the order of vCPUs and vectors; of several with one target the first counts
   * @param words that the guest has at linear addresses
   */
  Lineage(
      Provenance explored,
      List<HardwareRoot> roots,
      NamedCode placed,
      LongFunction<OptionalLong> words) {
    this.explored = explored;
    this.placed = placed;
    this.words = words;
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

  /**
   * From the root's name through the functions to {@code place}; may be added to. Pointers between
   * two functions are named as the build's variables, {@code chain+0x8->+0x10} is the field at 0x10
   * of what the variable leads to.
   */
  List<String> pathTo(long place) {
    List<String> path = new ArrayList<>();
    rootOf(place).ifPresent(root -> path.add(Evidence.nameOf(root)));
    long last = 0;
    for (GuestVirtualAddress each : explored.pathTo(place)) {
      String name = placed.nameOf(each.value());
      boolean nameless = name.equals(each.toString());
      boolean inObject = nameless && last != 0 && placed.ownerOf(last).isEmpty();
      path.add(inObject ? path.get(path.size() - 1) + field(each.value(), last) : name);
      last = each.value();
    }
    return path;
  }

  /** The field at {@code slot} of the object that a pointer leads to. */
  private String field(long slot, long pointer) {
    OptionalLong object = words.apply(pointer);
    return object.isPresent()
        ? String.format("->+0x%x", slot - object.getAsLong())
        : "->" + new GuestVirtualAddress(slot);
  }

  private Optional<HardwareRoot> rootOf(long function) {
    return explored.pathTo(function).stream()
        .findFirst()
        .map(entry -> rootByTarget.get(entry.value()));
  }
}
