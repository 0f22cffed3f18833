package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.roots.HardwareRoot;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Where a guest's hardware roots lead, each target of a root once however many vCPUs have it.
 *
 * @param roots numbers of roots as in an outline
 * @param targets linear address for the root of the same index
 */
record RootTargets(int[] roots, long[] targets) {
  private record Target(int root, long address) {}

  static RootTargets of(List<HardwareRoot> roots) {
    int[] numbers = new int[roots.size()];
    long[] targets = new long[roots.size()];
    Set<Target> seen = new HashSet<>();
    int count = 0;
    for (HardwareRoot root : roots) {
      int number = Outlines.numberOf(root.kind(), root.vector());
      if (seen.add(new Target(number, root.target().value()))) {
        numbers[count] = number;
        targets[count++] = root.target().value();
      }
    }
    return new RootTargets(Arrays.copyOf(numbers, count), Arrays.copyOf(targets, count));
  }
}
