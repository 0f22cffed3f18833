package io.plumbline.introspection.trust;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.roots.IdtGate;

/** Where the descriptors of hardware roots lie. */
final class RootPlaces {
  private RootPlaces() {}

  /** Linear address of an IDT gate. */
  static long gateAddress(Guest guest, GuestKernel kernel, HardwareRoot root) {
    return idtOf(guest, root.vcpu())
        + (long) root.vector() * IdtGate.bytes(kernel.vcpu().longMode());
  }

  /** vCPUs that share one IDT share its gates; the first of them stands for all. */
  static int firstWithIdtOf(Guest guest, int vcpu) {
    long idt = idtOf(guest, vcpu);
    return guest.vcpus().stream()
        .filter(state -> state.idtr().base().value() == idt)
        .mapToInt(VcpuState::index)
        .min()
        .orElse(vcpu);
  }

  private static long idtOf(Guest guest, int vcpu) {
    return guest.vcpus().stream()
        .filter(state -> state.index() == vcpu)
        .findFirst()
        .orElseThrow()
        .idtr()
        .base()
        .value();
  }
}
