package io.plumbline.introspection.roots;

/**
 * A root that the hardware may use and that could not be read: part of the kernel's entries is not
 * watched, which a verdict has to say.
 *
 * @param kind of the entry
 * @param vcpu 0-based number of the vCPU
 * @param vector 0 to 255 for one IDT gate, -1 for the whole table or a register
 */
public record MissingRoot(HardwareRoot.Kind kind, int vcpu, int vector, Reason reason) {
  /** Why it could not be read. */
  public enum Reason {
    /** The image's format does not carry the register. */
    NOT_IN_IMAGE,
    /** The table that holds it is not mapped. */
    NOT_MAPPED,
    /** The table that holds it, or a page table on the way, cannot be read. */
    UNREADABLE,
    /**
     * A task gate whose task is not told: no readable 32-bit TSS, or one whose page tables show
     * other memory at its entry than the vCPU's.
     */
    TASK_GATE,
    /** A 32-bit gate names a code segment that is not in a readable descriptor table. */
    NO_CODE_SEGMENT,
    /** The vCPU is in real mode and has no gates. */
    REAL_MODE
  }
}
