package io.plumbline.introspection.monitor;

import io.plumbline.introspection.hardware.DebugRegisters;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Observation;
import io.plumbline.introspection.trust.Observations;
import io.plumbline.introspection.trust.TrustedKernel;

/**
 * Breakpoints of the processor's own (Intel SDM volume 3B, section 18.2.4): DR7 has two enabling
 * bits for each from bit 0 on, and what it waits for in two bits from bit 16 on, four apart.
 * Debuggers set them for programs; in the kernel they divert control without writing code.
 */
final class Breakpoints {
  private static final int BREAKPOINTS = 4;
  private static final int ENABLED = 3;
  private static final int FIRST_CONDITION = 16;
  private static final int CONDITION_BITS = 4;
  private static final String[] CONDITIONS = {"execution", "writes", "I/O", "reads and writes"};
  private static final int PORTS = 2;

  private Breakpoints() {}

  /** Reports every enabled one at an address of the kernel's half. */
  static void observe(
      TrustedKernel kernel, int vcpu, DebugRegisters debug, Observations observations) {
    long[] addresses = {debug.dr0(), debug.dr1(), debug.dr2(), debug.dr3()};
    for (int i = 0; i < BREAKPOINTS; i++) {
      boolean enabled = (debug.dr7() >>> (2 * i) & ENABLED) != 0;
      int condition = (int) (debug.dr7() >>> (FIRST_CONDITION + CONDITION_BITS * i)) & 3;
      // I/O breakpoints hold a port's number.
      if (enabled && condition != PORTS && addresses[i] < 0) {
        observations.add(
            Observation.of(
                    FindingType.UNEXPECTED_CONTROL_REGISTER,
                    vcpu,
                    new GuestVirtualAddress(addresses[i]),
                    "DR" + i)
                .butFound(
                    "no breakpoint in the kernel",
                    "waits for " + CONDITIONS[condition] + " at " + kernel.place(addresses[i])));
      }
    }
  }
}
