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

  /** Where a build has its roots lead. */
  @FunctionalInterface
  public interface LegalTargets {
    /**
     * The addresses in this guest that the root may lead to; none if the build has no use of it.
     */
    SortedSet<Long> of(HardwareRoot root);
  }

  /**
   * A root that leads elsewhere.
   *
   * @param expected where the build leads, in this guest, ascending; empty if the build does not
   *     use this root at all
   */
  public record Stray(HardwareRoot root, List<GuestVirtualAddress> expected) {}

  /** Checks the roots of all vCPUs against those of known-good guests. */
  public static RootCheck of(GuestKernel kernel, PlacedCode placed) {
    return of(
        kernel,
        root -> {
          SortedSet<Long> targets = new TreeSet<>();
          enrolled(root, placed.signature().roots())
              .forEach(offset -> targets.add(placed.addressOf(offset)));
          return targets;
        });
  }

  /** Checks the roots of all vCPUs. */
  public static RootCheck of(GuestKernel kernel, LegalTargets targets) {
    List<HardwareRoot> legal = new ArrayList<>();
    List<Stray> strays = new ArrayList<>();
    List<HardwareRoot> unmapped = new ArrayList<>();
    for (HardwareRoot root : kernel.roots()) {
      stray(root, targets.of(root)).ifPresentOrElse(strays::add, () -> legal.add(root));
    }
    for (HardwareRoot root : kernel.inert()) {
      // What no good guest has live says nothing: kernels leave unused gates as they booted.
      SortedSet<Long> expected = targets.of(root);
      if (!expected.isEmpty()) {
        stray(root, expected).ifPresentOrElse(strays::add, () -> unmapped.add(root));
      }
    }
    return new RootCheck(List.copyOf(legal), List.copyOf(strays), List.copyOf(unmapped));
  }

  private static Optional<Stray> stray(HardwareRoot root, SortedSet<Long> expected) {
    return expected.contains(root.target().value())
        ? Optional.empty()
        : Optional.of(new Stray(root, expected.stream().map(GuestVirtualAddress::new).toList()));
  }

  private static Set<Integer> enrolled(HardwareRoot root, EnrolledRoots enrolled) {
    Set<Integer> offsets =
        root.kind() == HardwareRoot.Kind.IDT_GATE
            ? enrolled.gates().get(root.vector())
            : enrolled.registers().get(root.kind().name());
    return offsets == null ? NONE : offsets;
  }
}
