package io.plumbline.introspection.monitor;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.trust.Monitor;
import io.plumbline.introspection.trust.Observations;
import io.plumbline.introspection.trust.TrustedKernel;

/**
 * How interrupts and exceptions are delivered, beyond where gates lead, which the judge tells: that
 * every vCPU uses the build's own IDT, and its processor's own GDT and TSS; and what gates,
 * descriptors and stacks in them are.
 */
public final class InterruptMonitor implements Monitor {
  @Override
  public String watches() {
    return "interrupt delivery";
  }

  @Override
  public void observe(TrustedKernel kernel, Observations observations) {
    ProcessorAreas areas = ProcessorAreas.of(kernel);
    for (VcpuState vcpu : kernel.vcpus()) {
      // One that was not started, or that the build does not drive in this mode, has no tables.
      if (vcpu.control().paging() && vcpu.longMode()) {
        if (!vcpu.control().flexibleReturnAndEventDelivery()) {
          new InterruptTable(kernel, vcpu, observations).observe();
        }
        new SegmentTables(kernel, areas, vcpu, observations).observe();
      }
    }
  }
}
