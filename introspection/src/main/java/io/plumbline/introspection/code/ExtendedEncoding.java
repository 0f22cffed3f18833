package io.plumbline.introspection.code;

/**
 * The fields of a VEX, EVEX or XOP prefix that decide whether an instruction exists, packed into a
 * {@code long} (Intel SDM volume 2A, sections 2.3.5 and 2.7.1; AMD APM volume 3, section 1.2.7).
 *
 * <pre>
 * bits 0-3 map   4-5 pp   6-7 L   8 W   9-12 vvvv as encoded   13 V' as encoded
 *      14-15 space (0 VEX, 1 EVEX, 2 XOP)   16 b   17 z   18-20 aaa   21 always set
 *      22-25 B, X, R and R' as 1 where they name a higher register   26 64-bit mode   27 16-bit addresses
 * </pre>
 */
final class ExtendedEncoding {
  static final long INVALID = 0;
  static final int VEX = 0;
  static final int EVEX = 1;
  static final int XOP = 2;

  private static final long SOME = 1L << 21;
  private static final int REGISTERS_SHIFT = 22;
  private static final int LONG_64 = 1 << 26;

  /** To be set by whoever knows the prefixes before this one. */
  static final long ADDRESS_16 = 1L << 27;

  private ExtendedEncoding() {}

  /** Bytes between the leading byte and the opcode. */
  static int payload(int lead) {
    return lead == 0xc5 ? 1 : lead == 0x62 ? 3 : 2;
  }

  static long read(byte[] code, int at, int end, int lead, boolean long64) {
    if (end - at < payload(lead)) {
      return INVALID;
    }
    int first = code[at] & 0xff;
    return switch (lead) {
      case 0xc5 -> pack(VEX, (first & 0x80) | 0x60 | Instruction.MAP_0F, first & 0x7f, long64);
      case 0xc4 -> pack(VEX, first, code[at + 1] & 0xff, long64);
      case 0x8f -> pack(XOP, first, code[at + 1] & 0xff, long64);
      default -> evex(first, code[at + 1] & 0xff, code[at + 2] & 0xff, long64);
    };
  }

  /** The payload bytes of VEX and XOP: R X B map, and W vvvv L pp. */
  private static long pack(int space, int first, int last, boolean long64) {
    int map = first & 0x1f;
    if (map > 10) {
      return INVALID;
    }
    int vvvv = last >> 3 & 0xf;
    return SOME
        | map
        | (last & 3) << 4
        | (last >> 2 & 1) << 6
        | (last >> 7) << 8
        | vvvv << 9
        | 1 << 13
        | space << 14
        | registers(first >> 5, 1, long64);
  }

  private static long evex(int p0, int p1, int p2, boolean long64) {
    int high = p2 >> 3 & 1;
    if ((p0 & 8) != 0 || (p1 & 4) == 0 || (!long64 && high == 0)) {
      return INVALID;
    }
    int vvvv = p1 >> 3 & 0xf;
    return SOME
        | (p0 & 7)
        | (p1 & 3) << 4
        | (p2 >> 5 & 3) << 6
        | (p1 >> 7) << 8
        | vvvv << 9
        | high << 13
        | EVEX << 14
        | (p2 >> 4 & 1) << 16
        | (p2 >> 7) << 17
        | (p2 & 7) << 18
        | registers(p0 >> 5, p0 >> 4 & 1, long64);
  }

  /** The prefix holds these bits inverted; outside 64-bit mode there are eight registers. */
  private static int registers(int rxb, int high, boolean long64) {
    return long64 ? LONG_64 | ((~rxb & 7) | (~high << 3 & 8)) << REGISTERS_SHIFT : 0;
  }

  static boolean long64(long encoding) {
    return (encoding & LONG_64) != 0;
  }

  /** The register that ModRM.reg names. */
  static int register(long encoding, int modrm) {
    return (modrm >> 3 & 7) | bit(encoding, 24) << 3 | bit(encoding, 25) << 4;
  }

  /** The register that ModRM.rm names in its register form. */
  static int rmRegister(long encoding, int modrm) {
    int high = evex(encoding) ? bit(encoding, 23) << 4 : 0;
    return (modrm & 7) | bit(encoding, 22) << 3 | high;
  }

  /** The vector register that indexes memory. */
  static int vectorIndex(long encoding, int sib) {
    return (sib >> 3 & 7) | bit(encoding, 23) << 3 | (bit(encoding, 13) ^ 1) << 4;
  }

  /** The register that vvvv and V' name; outside 64-bit mode the highest bit of vvvv is ignored. */
  static int vvvvRegister(long encoding) {
    int vvvv = (int) (~encoding >> 9) & (long64(encoding) ? 0xf : 7);
    return vvvv | (bit(encoding, 13) ^ 1) << 4;
  }

  private static int bit(long encoding, int number) {
    return (int) (encoding >> number) & 1;
  }

  /** Index by space, map, mandatory prefix and opcode: 2 + 4 + 2 + 8 bits. */
  static int key(long encoding, int opcode) {
    return key((int) (encoding >> 14) & 3, (int) encoding & 0xf, (int) (encoding >> 4) & 3, opcode);
  }

  static int key(int space, int map, int prefix, int opcode) {
    return space << 14 | map << 10 | prefix << 8 | opcode;
  }

  static int vectorLength(long encoding) {
    return (int) (encoding >> 6) & 3;
  }

  static boolean wide(long encoding) {
    return (encoding >> 8 & 1) != 0;
  }

  /** No register is named by vvvv (and V'). */
  static boolean vvvvUnused(long encoding) {
    return (encoding >> 9 & 0xf) == 0xf;
  }

  static boolean highVvvvUnused(long encoding) {
    return (encoding >> 13 & 1) != 0;
  }

  static boolean evex(long encoding) {
    return (encoding >> 14 & 3) == EVEX;
  }

  static boolean broadcast(long encoding) {
    return (encoding >> 16 & 1) != 0;
  }

  static boolean zeroing(long encoding) {
    return (encoding >> 17 & 1) != 0;
  }

  static int opmask(long encoding) {
    return (int) (encoding >> 18) & 7;
  }
}
