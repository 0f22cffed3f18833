package io.plumbline.introspection.monitor;

import io.plumbline.introspection.hardware.DescriptorTable;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Observation;
import io.plumbline.introspection.trust.TrustedKernel;

/** A table register that names other memory, or more or less of it, than the kernel's own table. */
final class MovedTable {
  private MovedTable() {}

  /**
   * What is to be said of it.
   *
   * @param expected the memory that the table should be
   * @param limit that it should have
   */
  static Observation of(
      TrustedKernel kernel,
      VcpuState vcpu,
      String register,
      DescriptorTable table,
      String expected,
      int limit) {
    long base = table.base().value();
    return Observation.of(
            FindingType.UNEXPECTED_DESCRIPTOR_TABLE, vcpu.index(), table.base(), register)
        .butFound(
            String.format("%s, limit 0x%x", expected, limit),
            String.format(
                "%s, frame 0x%x, limit 0x%x",
                kernel.place(base), kernel.spaceOf(vcpu).translateToFrame(base), table.limit()));
  }
}
