package io.plumbline.introspection.hardware;

import java.util.Optional;

/**
 * The architectural state of one virtual CPU at a capture.
 *
 * @param index 0-based number of the vCPU
 * @param msrs empty if the image's format does not carry them (an ELF core): which roots are then
 *     missing is said in the result
 * @param debug empty if the image's format does not carry them
 */
public record VcpuState(
    int index,
    ControlRegisters control,
    GeneralRegisters general,
    Segment es,
    Segment cs,
    Segment ss,
    Segment ds,
    Segment fs,
    Segment gs,
    Segment ldt,
    Segment tr,
    DescriptorTable gdtr,
    DescriptorTable idtr,
    Optional<ModelSpecificRegisters> msrs,
    Optional<DebugRegisters> debug) {

  private static final long FOUR_GIB = 1L << 32;

  /**
   * IA-32e mode. Without EFER it is told by what only that mode can have: PAE paging together with
   * a 64-bit code segment or an IDT above 4 GiB.
   */
  public boolean longMode() {
    return msrs.map(ModelSpecificRegisters::longModeActive)
        .orElseGet(
            () ->
                control.paging()
                    && control.physicalAddressExtension()
                    && (cs.longMode() || Long.compareUnsigned(idtr.base().value(), FOUR_GIB) >= 0));
  }

  /**
   * Whether NX bits count; without EFER taken as on wherever the page tables have a place for it.
   */
  public boolean noExecute() {
    return msrs.map(ModelSpecificRegisters::noExecuteEnabled)
        .orElse(control.physicalAddressExtension());
  }

  /** Stopped in user mode: with kernel page-table isolation CR3 then shows the user's tables. */
  public boolean stoppedInUserMode() {
    return control.paging() && cs.privilegeLevel() == 3;
  }

  /**
   * What of it says which kernel runs and how: without what all code changes as it runs, the
   * general registers, CR2 and segments that 64-bit code does not use, and with the kernel's data
   * found the same way in user mode as in the kernel (Intel SDM volume 2B, SWAPGS).
   */
  public VcpuState ofKernel() {
    boolean wide = longMode();
    // Without EFER the code segment is one of the things that tell the mode.
    Segment code = wide && msrs.isPresent() ? Segment.NONE : cs;
    return new VcpuState(
        index,
        new ControlRegisters(control.cr0(), 0, control.cr3(), control.cr4()),
        GeneralRegisters.NONE,
        Segment.NONE,
        code,
        Segment.NONE,
        Segment.NONE,
        wide ? Segment.NONE : fs,
        wide ? Segment.at(processorData()) : Segment.NONE,
        ldt,
        tr,
        gdtr,
        idtr,
        msrs.map(ModelSpecificRegisters::withoutKernelGsBase),
        debug);
  }

  /**
   * Linear address of the data that the vCPU's code reaches through a segment register: the base of
   * GS, or of what SWAPGS puts there (Intel SDM volume 2B, SWAPGS), whichever lies in the upper
   * half; outside of 64-bit mode the base of FS. 0 if there is none.
   */
  public long processorData() {
    if (!longMode()) {
      return fs.base();
    }
    long swapped = msrs.map(ModelSpecificRegisters::kernelGsBase).orElse(0L);
    return gs.base() < 0 ? gs.base() : Math.min(swapped, 0);
  }

  /** The same with other control registers. */
  public VcpuState with(ControlRegisters other) {
    return with(other, idtr, msrs, debug);
  }

  /** The same with other model-specific registers. */
  public VcpuState with(ModelSpecificRegisters other) {
    return with(control, idtr, Optional.of(other), debug);
  }

  /** The same with other debug registers. */
  public VcpuState with(DebugRegisters other) {
    return with(control, idtr, msrs, Optional.of(other));
  }

  /** The same with another interrupt descriptor table. */
  public VcpuState withIdt(DescriptorTable other) {
    return with(control, other, msrs, debug);
  }

  private VcpuState with(
      ControlRegisters newControl,
      DescriptorTable newIdtr,
      Optional<ModelSpecificRegisters> newMsrs,
      Optional<DebugRegisters> newDebug) {
    return new VcpuState(
        index,
        newControl,
        general,
        es,
        cs,
        ss,
        ds,
        fs,
        gs,
        ldt,
        tr,
        gdtr,
        newIdtr,
        newMsrs,
        newDebug);
  }
}
