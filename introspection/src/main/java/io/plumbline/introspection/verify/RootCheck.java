package io.plumbline.introspection.verify;

import io.plumbline.introspection.golden.EnrolledRoots;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.roots.HardwareRoot;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Compares the hardware roots of a guest with the build's.
 *
 * @param legal roots that lead where the build has them lead; only these are followed
 * @param strays the others
 */
public record RootCheck(List<HardwareRoot> legal, List<Stray> strays) {
  private static final Set<Integer> NONE = Set.of();

  /**
   * A root that leads elsewhere.
   *
   * @param expected where the build leads, in this guest, ascending; empty if the build does not
   *     use this root at all
   */
  public record Stray(HardwareRoot root, List<GuestVirtualAddress> expected) {}

  /** Checks the roots of all vCPUs. */
  public static RootCheck of(List<HardwareRoot> roots, PlacedCode placed) {
    List<HardwareRoot> legal = new ArrayList<>();
    List<Stray> strays = new ArrayList<>();
    for (HardwareRoot root : roots) {
      SortedSet<Integer> offsets = new TreeSet<>(enrolled(root, placed.signature().roots()));
      long offset = placed.offsetOf(root.target().value());
      if (offset == (int) offset && offsets.contains((int) offset)) {
        legal.add(root);
      } else {
        strays.add(
            new Stray(
                root,
                offsets.stream()
                    .map(at -> new GuestVirtualAddress(placed.addressOf(at)))
                    .toList()));
      }
    }
    return new RootCheck(List.copyOf(legal), List.copyOf(strays));
  }

  private static Set<Integer> enrolled(HardwareRoot root, EnrolledRoots enrolled) {
    Set<Integer> offsets =
        root.kind() == HardwareRoot.Kind.IDT_GATE
            ? enrolled.gates().get(root.vector())
            : enrolled.registers().get(root.kind().name());
    return offsets == null ? NONE : offsets;
  }
}
