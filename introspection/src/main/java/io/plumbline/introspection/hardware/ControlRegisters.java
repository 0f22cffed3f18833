package io.plumbline.introspection.hardware;

/** CR0, CR2, CR3 and CR4 (Intel SDM volume 3A, section 2.5). */
public record ControlRegisters(long cr0, long cr2, long cr3, long cr4) {
  /** CR0.PE: protected mode; without it there are no gates but a real-mode vector table. */
  public boolean protection() {
    return (cr0 & 1) != 0;
  }

  /** CR0.WP: supervisor writes respect read-only pages. */
  public boolean writeProtect() {
    return (cr0 & 1L << 16) != 0;
  }

  /** CR0.PG: linear addresses are translated. */
  public boolean paging() {
    return (cr0 & 1L << 31) != 0;
  }

  /** CR4.PSE: 4 MiB pages in 32-bit paging. */
  public boolean pageSizeExtensions() {
    return (cr4 & 1L << 4) != 0;
  }

  /** CR4.PAE: 64-bit page-table entries. */
  public boolean physicalAddressExtension() {
    return (cr4 & 1L << 5) != 0;
  }

  /** CR4.LA57: five-level paging in long mode. */
  public boolean fiveLevelPaging() {
    return (cr4 & 1L << 12) != 0;
  }

  /** CR4.SMEP: no supervisor execution of user pages. */
  public boolean supervisorModeExecutionPrevention() {
    return (cr4 & 1L << 20) != 0;
  }

  /** CR4.FRED: event delivery does not use the IDT. */
  public boolean flexibleReturnAndEventDelivery() {
    return (cr4 & 1L << 32) != 0;
  }
}
