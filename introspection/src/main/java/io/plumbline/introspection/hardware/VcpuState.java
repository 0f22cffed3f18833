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
}
