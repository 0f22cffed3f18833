package io.plumbline.introspection.monitor;

import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.trust.TrustedKernel;

/**
 * Flags of CR4 that a kernel sets, and pins, on every processor where it has found the feature and
 * was not told to leave it off ({@code setup_smep}, {@code setup_smap}, {@code setup_umip}, {@code
 * arch/x86/kernel/cpu/common.c}; bits: Intel SDM volume 3A, section 2.5; features: {@code
 * arch/x86/include/asm/cpufeatures.h}).
 */
enum ProtectionFlag {
  SMEP(20, 9, 7),
  SMAP(21, 9, 20),
  UMIP(11, 16, 2);

  private final long bit;
  private final int word;
  private final int feature;

  ProtectionFlag(int bit, int word, int feature) {
    this.bit = 1L << bit;
    this.word = word;
    this.feature = feature;
  }

  /** {@code CR4.SMEP}. */
  String symbol() {
    return "CR4." + name();
  }

  boolean isSet(VcpuState vcpu) {
    return (vcpu.control().cr4() & bit) != 0;
  }

  /** Whether this boot uses it: its text says so, or one of the processors has it set. */
  boolean mustBeSet(TrustedKernel kernel) {
    return kernel.hasFeature(word, feature).orElse(false)
        || kernel.vcpus().stream().anyMatch(vcpu -> vcpu.control().paging() && isSet(vcpu));
  }
}
