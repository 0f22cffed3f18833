package io.plumbline.introspection.code;

/** Where execution can go after an instruction (Intel SDM volume 1, section 7.3.8). */
public enum ControlFlow {
  /** The next instruction only; software interrupts and HLT return there as well. */
  NEXT,
  /** A direct near call: the target, and the next instruction on return. */
  CALL,
  /** A direct near jump: the target only. */
  JUMP,
  /** Jcc, LOOPcc, JrCXZ, XBEGIN: the target or the next instruction. */
  BRANCH,
  /** A near call through a register or memory. */
  INDIRECT_CALL,
  /** A near jump through a register or memory. */
  INDIRECT_JUMP,
  /** A far call, direct or through memory. */
  FAR_CALL,
  /** A far jump, direct or through memory. */
  FAR_JUMP,
  /** RET, RETF. */
  RETURN,
  /** IRET, SYSRET, SYSEXIT, ERETU, ERETS: leaves this stream for an interrupted one. */
  SYSTEM_RETURN,
  /** UD0, UD1, UD2, INT1, INT3: raises an exception; straight-line execution ends here. */
  TRAP;

  private static final ControlFlow[] VALUES = values();

  static ControlFlow of(int ordinal) {
    return VALUES[ordinal];
  }

  /** Whether the instruction that follows in memory can be executed after this one. */
  public boolean fallsThrough() {
    return this == NEXT
        || this == CALL
        || this == BRANCH
        || this == INDIRECT_CALL
        || this == FAR_CALL;
  }

  /** Whether the instruction names its target by a displacement relative to the next one. */
  public boolean direct() {
    return this == CALL || this == JUMP || this == BRANCH;
  }
}
