package io.plumbline.introspection.code;

/**
 * How many bytes follow the operands, by REX.W and the 66 and 67 prefixes (Intel SDM volume 2D,
 * appendix A.2.2; near branches in 64-bit mode: volume 2A, JMP, CALL and Jcc).
 */
enum ImmediateKind {
  NONE("", 0, 0, 0, 0),
  IB("ib", 1, 1, 1, 1),
  IW("iw", 2, 2, 2, 2),
  /** 2 bytes with a 16-bit operand, else 4; REX.W outweighs 66. */
  IZ("iz", 4, 2, 4, 2),
  /** MOV r, imm: 8 bytes with REX.W. */
  IV("iv", 4, 2, 8, 2),
  /** ENTER. */
  IW_IB("iw-ib", 3, 3, 3, 3),
  /** A far pointer: selector and offset. */
  AP("ap", 6, 4, 6, 4),
  JB("jb", 1, 1, 1, 1),
  /** Intel processors ignore 66 before a near branch in 64-bit mode; AMD's read 2 bytes there. */
  JZ("jz", 4, 4, 4, 2),
  /** XBEGIN honours 66 in both modes. */
  JX("jx", 4, 2, 4, 2),
  ID("id", 4, 4, 4, 4),
  /** MOV AL/AX/EAX/RAX, moffs: an address without ModRM, which counts as a displacement. */
  MOFFS("moffs", 0, 0, 0, 0);

  /** Bits of the index into {@link #sizes}: REX.W, 66, 67, as they stand in {@link Instruction}. */
  static final int WIDTHS = 8;

  private static final int WIDE = 1;
  private static final int OPERAND_SIZE = 2;
  private static final int ADDRESS_SIZE = 4;

  final String notation;
  private final int usual;
  private final int with66In64;
  private final int withRexW;
  private final int with66In32;

  ImmediateKind(String notation, int usual, int with66In64, int withRexW, int with66In32) {
    this.notation = notation;
    this.usual = usual;
    this.with66In64 = with66In64;
    this.withRexW = withRexW;
    this.with66In32 = with66In32;
  }

  /** Bytes by {@code ordinal() * WIDTHS + widths}. */
  static byte[] sizes(CodeMode mode) {
    ImmediateKind[] kinds = values();
    byte[] sizes = new byte[kinds.length * WIDTHS];
    for (int index = 0; index < sizes.length; index++) {
      sizes[index] = (byte) kinds[index / WIDTHS].size(mode, index % WIDTHS);
    }
    return sizes;
  }

  private int size(CodeMode mode, int widths) {
    boolean long64 = mode == CodeMode.LONG_64;
    if (this == MOFFS) {
      boolean narrow = (widths & ADDRESS_SIZE) != 0;
      return long64 ? (narrow ? 4 : 8) : (narrow ? 2 : 4);
    }
    if (long64 && (widths & WIDE) != 0) {
      return withRexW;
    }
    if ((widths & OPERAND_SIZE) != 0) {
      return long64 ? with66In64 : with66In32;
    }
    return usual;
  }
}
