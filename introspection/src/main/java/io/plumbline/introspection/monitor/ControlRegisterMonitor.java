package io.plumbline.introspection.monitor;

import io.plumbline.introspection.hardware.ModelSpecificRegisters;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.trust.FindingType;
import io.plumbline.introspection.trust.Monitor;
import io.plumbline.introspection.trust.Observation;
import io.plumbline.introspection.trust.Observations;
import io.plumbline.introspection.trust.TrustedKernel;

/**
 * The registers that make memory protection and system calls what the kernel takes them to be, and
 * breakpoints in its code and data. Where SYSCALL and SYSENTER lead is told by the judge. What an
 * image does not carry, debug registers for example, is not looked at.
 */
public final class ControlRegisterMonitor implements Monitor {
  /**
   * {@code __USER32_CS << 16 | __KERNEL_CS}, in the upper half ({@code syscall_init}, {@code
   * arch/x86/kernel/cpu/common.c}).
   */
  private static final long STAR = 0x0023_0010_0000_0000L;

  /** TF, IF and DF: the least that {@code syscall_init} has SYSCALL clear, in every build. */
  private static final long LEAST_MASK = 0x700;

  @Override
  public String watches() {
    return "control registers";
  }

  @Override
  public void observe(TrustedKernel kernel, Observations observations) {
    for (VcpuState vcpu : kernel.vcpus()) {
      // One that was not started has the values of reset.
      if (vcpu.control().paging() && vcpu.longMode()) {
        protection(kernel, vcpu, observations);
        vcpu.msrs().ifPresent(msrs -> systemCalls(kernel, vcpu, msrs, observations));
        vcpu.debug()
            .ifPresent(debug -> Breakpoints.observe(kernel, vcpu.index(), debug, observations));
      }
    }
  }

  private static void protection(TrustedKernel kernel, VcpuState vcpu, Observations observations) {
    if (!vcpu.control().writeProtect()) {
      observations.add(register(vcpu, "CR0.WP").butFound("1", "0"));
    }
    for (ProtectionFlag flag : ProtectionFlag.values()) {
      if (flag.mustBeSet(kernel) && !flag.isSet(vcpu)) {
        observations.add(register(vcpu, flag.symbol()).butFound("1", "0"));
      }
    }
    // Its page tables tell whether the kernel uses XD at all: some processors have none.
    if (!vcpu.noExecute() && kernel.spaceOf(vcpu).canForbidExecution()) {
      observations.add(register(vcpu, "EFER.NXE").butFound("1", "0"));
    }
  }

  private static void systemCalls(
      TrustedKernel kernel,
      VcpuState vcpu,
      ModelSpecificRegisters msrs,
      Observations observations) {
    if (!msrs.syscallEnabled()) {
      observations.add(register(vcpu, "EFER.SCE").butFound("1", "0"));
    }
    if (msrs.star() != STAR) {
      observations.add(register(vcpu, "STAR").butFound(hex(STAR), hex(msrs.star())));
    }
    long mask = commonMask(kernel) | LEAST_MASK;
    if (msrs.fmask() != mask) {
      observations.add(register(vcpu, "FMASK").butFound(hex(mask), hex(msrs.fmask())));
    }
  }

  /** Every processor gets the same: all flags that one of them has SYSCALL clear. */
  private static long commonMask(TrustedKernel kernel) {
    return kernel.vcpus().stream()
        .filter(vcpu -> vcpu.control().paging())
        .flatMap(vcpu -> vcpu.msrs().stream())
        .mapToLong(ModelSpecificRegisters::fmask)
        .reduce(0, (one, other) -> one | other);
  }

  private static Observation register(VcpuState vcpu, String symbol) {
    return Observation.of(
        FindingType.UNEXPECTED_CONTROL_REGISTER, vcpu.index(), new GuestVirtualAddress(0), symbol);
  }

  private static String hex(long value) {
    return String.format("0x%x", value);
  }
}
