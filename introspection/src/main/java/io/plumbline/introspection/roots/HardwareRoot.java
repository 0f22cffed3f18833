package io.plumbline.introspection.roots;

import io.plumbline.introspection.memory.GuestVirtualAddress;

/**
 * An address at which the hardware itself enters the kernel.
 *
 * @param kind of the entry
 * @param vcpu 0-based number of the vCPU whose registers name it
 * @param vector 0 to 255 for an IDT gate, else -1
 * @param target linear address of the first instruction
 */
public record HardwareRoot(Kind kind, int vcpu, int vector, GuestVirtualAddress target) {
  /** {@link #vector} of a root that is not an IDT gate. */
  public static final int NO_VECTOR = -1;

  /** What makes the processor go there. */
  public enum Kind {
    /** An interrupt, exception or INT n. */
    IDT_GATE,
    /** SYSCALL in 64-bit mode. */
    LSTAR,
    /** SYSCALL in compatibility mode, on AMD only. */
    CSTAR,
    /** SYSENTER. */
    SYSENTER,
    /** Any event under flexible return and event delivery. */
    FRED
  }
}
