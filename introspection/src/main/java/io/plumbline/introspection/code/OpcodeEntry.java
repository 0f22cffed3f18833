package io.plumbline.introspection.code;

/**
 * What the decoder knows of one opcode, packed into an {@code int}; 0 is an invalid opcode.
 *
 * <pre>
 * bit  0      valid            bit 1   a ModRM byte follows
 *      2-5    ImmediateKind    bits 6-9  ControlFlow
 *      10 NOP   11 ENDBR   12 LOCK is allowed with a memory operand   14 ModRM.mod is ignored
 *      13     mandatory prefix or ModRM decide: bits 16-29 number the block of entries to look in
 *      15     another opcode byte follows: bits 16-17 are its map
 *      27     REX.R is not allowed (never together with bit 13)
 *      28     the immediate is a 3DNow! suffix (never together with bit 13)
 *      29     the immediate is an address without ModRM and counts as the displacement
 *      30     may begin a VEX, EVEX or XOP encoding
 *      31     a prefix
 * </pre>
 */
final class OpcodeEntry {
  static final int INVALID = 0;
  static final int VALID = 1;
  static final int MODRM = 1 << 1;
  static final int IMMEDIATE_SHIFT = 2;
  static final int FLOW_SHIFT = 6;
  static final int NOP = 1 << 10;
  static final int ENDBR = 1 << 11;
  static final int LOCKABLE = 1 << 12;
  static final int DETAIL = 1 << 13;
  static final int REGISTER_ALWAYS = 1 << 14;
  static final int ESCAPE = 1 << 15;
  static final int NUMBER_SHIFT = 16;
  static final int NUMBER_MASK = 0xfff;
  static final int NO_REX_R = 1 << 27;
  static final int SUFFIX_3DNOW = 1 << 28;
  static final int MOFFS = 1 << 29;
  static final int EXTENDED = 1 << 30;
  static final int PREFIX = 1 << 31;

  private OpcodeEntry() {}

  static int immediate(int entry) {
    return entry >>> IMMEDIATE_SHIFT & 0xf;
  }

  static int flow(int entry) {
    return entry >>> FLOW_SHIFT & 0xf;
  }

  /** Which block of entries decides, or which opcode map follows. */
  static int number(int entry) {
    return entry >>> NUMBER_SHIFT & NUMBER_MASK;
  }

  @SuppressWarnings("EnumOrdinal") // never stored: the tables are built anew in every process
  static int of(boolean modrm, ImmediateKind immediate, ControlFlow flow) {
    return VALID
        | (modrm ? MODRM : 0)
        | (immediate == ImmediateKind.MOFFS ? MOFFS : 0)
        | immediate.ordinal() << IMMEDIATE_SHIFT
        | flow.ordinal() << FLOW_SHIFT;
  }
}
