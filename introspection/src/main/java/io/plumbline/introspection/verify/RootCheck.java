package io.plumbline.introspection.verify;

import io.plumbline.introspection.golden.EnrolledRoots;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Compares the hardware roots of a guest with the build's.
 *
 * @param legal roots that lead where the build has them lead; only these are followed
 * @param strays roots that lead elsewhere, executable or not
 * @param unmapped roots that lead where the build has them lead, to memory that the supervisor may
 *     not execute
 */
public record RootCheck(List<HardwareRoot> legal, List<Stray> strays, List<HardwareRoot> unmapped) {
  private static final Set<Integer> NONE = Set.of();

  /**
   * A root that leads elsewhere.
   *
   * @param expected where the build leads, in this guest, ascending; empty if the build does not
   *     use this root at all
   */
  public record Stray(HardwareRoot root, List<GuestVirtualAddress> expected) {}

  /** Checks the roots of all vCPUs. */
  public static RootCheck of(GuestKernel kernel, PlacedCode placed) {
    List<HardwareRoot> legal = new ArrayList<>();
    List<Stray> strays = new ArrayList<>();
    List<HardwareRoot> unmapped = new ArrayList<>();
    for (HardwareRoot root : kernel.roots()) {
      stray(root, placed).ifPresentOrElse(strays::add, () -> legal.add(root));
    }
    for (HardwareRoot root : kernel.inert()) {
      // What no good guest has live says nothing: kernels leave unused gates as they booted.
      if (!enrolled(root, placed.signature().roots()).isEmpty()) {
        stray(root, placed).ifPresentOrElse(strays::add, () -> unmapped.add(root));
      }
    }
    return new RootCheck(List.copyOf(legal), List.copyOf(strays), List.copyOf(unmapped));
  }

  private static Optional<Stray> stray(HardwareRoot root, PlacedCode placed) {
    SortedSet<Integer> offsets = new TreeSet<>(enrolled(root, placed.signature().roots()));
    long offset = placed.offsetOf(root.target().value());
    if (offset == (int) offset && offsets.contains((int) offset)) {
      return Optional.empty();
    }
    List<GuestVirtualAddress> expected =
        offsets.stream().map(at -> new GuestVirtualAddress(placed.addressOf(at))).toList();
    return Optional.of(new Stray(root, expected));
  }

  private static Set<Integer> enrolled(HardwareRoot root, EnrolledRoots enrolled) {
    Set<Integer> offsets =
        root.kind() == HardwareRoot.Kind.IDT_GATE
            ? enrolled.gates().get(root.vector())
            : enrolled.registers().get(root.kind().name());
    return offsets == null ? NONE : offsets;
  }
}
