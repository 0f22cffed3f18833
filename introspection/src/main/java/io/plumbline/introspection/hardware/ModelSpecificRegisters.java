package io.plumbline.introspection.hardware;

/**
 * The model-specific registers that drive system calls and paging (Intel SDM volume 4, table 2-2).
 *
 * @param efer IA32_EFER, C0000080h
 * @param star IA32_STAR, C0000081h
 * @param lstar IA32_LSTAR, C0000082h: where SYSCALL goes in 64-bit mode
 * @param cstar IA32_CSTAR, C0000083h: where SYSCALL goes in compatibility mode on AMD
 * @param fmask IA32_FMASK, C0000084h
 * @param kernelGsBase IA32_KERNEL_GS_BASE, C0000102h
 * @param sysenterCs IA32_SYSENTER_CS, 174h
 * @param sysenterEsp IA32_SYSENTER_ESP, 175h
 * @param sysenterEip IA32_SYSENTER_EIP, 176h
 */
public record ModelSpecificRegisters(
    long efer,
    long star,
    long lstar,
    long cstar,
    long fmask,
    long kernelGsBase,
    long sysenterCs,
    long sysenterEsp,
    long sysenterEip) {
  /** The same without what SWAPGS exchanges. */
  ModelSpecificRegisters withoutKernelGsBase() {
    return new ModelSpecificRegisters(
        efer, star, lstar, cstar, fmask, 0, sysenterCs, sysenterEsp, sysenterEip);
  }

  /** EFER.SCE: SYSCALL is enabled, so LSTAR and CSTAR are live. */
  public boolean syscallEnabled() {
    return (efer & 1) != 0;
  }

  /** EFER.LMA: the processor is in IA-32e mode. */
  public boolean longModeActive() {
    return (efer & 1L << 10) != 0;
  }

  /** EFER.NXE: bit 63 of a page-table entry forbids execution. */
  public boolean noExecuteEnabled() {
    return (efer & 1L << 11) != 0;
  }
}
