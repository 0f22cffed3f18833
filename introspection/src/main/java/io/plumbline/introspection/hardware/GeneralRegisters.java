package io.plumbline.introspection.hardware;

/** The general-purpose registers, RIP and RFLAGS; 32-bit guests use the low halves. */
public record GeneralRegisters(
    long rax,
    long rcx,
    long rdx,
    long rbx,
    long rsp,
    long rbp,
    long rsi,
    long rdi,
    long r8,
    long r9,
    long r10,
    long r11,
    long r12,
    long r13,
    long r14,
    long r15,
    long rip,
    long rflags) {
  /** As if nothing had run yet. */
  static final GeneralRegisters NONE =
      new GeneralRegisters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
