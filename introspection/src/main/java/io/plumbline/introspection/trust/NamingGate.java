package io.plumbline.introspection.trust;

import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.roots.MissingRoot;
import java.util.Optional;

/** Whether the one IDT entry that a guest is to be named by can name it. */
final class NamingGate {
  private NamingGate() {}

  /** Why not; empty if it leads to code. */
  static Optional<String> whyNot(GuestKernel kernel, int vector) {
    if (kernel.handler(vector).isPresent()) {
      return Optional.empty();
    }
    String why = "IDT[" + vector + "] cannot name the build: ";
    for (HardwareRoot root : kernel.inert()) {
      if (root.vector() == vector) {
        return Optional.of(
            why + "it leads to " + root.target() + ", which the supervisor may not execute");
      }
    }
    for (MissingRoot root : kernel.missing()) {
      if (root.kind() == HardwareRoot.Kind.IDT_GATE
          && (root.vector() == vector || root.vector() == HardwareRoot.NO_VECTOR)) {
        return Optional.of(why + "its gate is unknown: " + root.reason());
      }
    }
    return Optional.of(why + "expected a present gate, found none on any vCPU");
  }
}
