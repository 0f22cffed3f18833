package io.plumbline.introspection.code;

/**
 * What follows a ModRM byte (Intel SDM volume 2A, tables 2-1 to 2-3): bits 0-2 are the bytes of
 * displacement; a SIB byte whose base is 101b adds four if mod is 00b.
 */
final class ModrmForms {
  static final int DISPLACEMENT = 7;
  static final int SIB = 8;

  /** mod 00b, rm 101b: RIP-relative in 64-bit mode, absolute in 32-bit mode. */
  static final int NO_BASE = 16;

  static final byte[] WIDE_ADDRESS = new byte[256];
  static final byte[] ADDRESS_16 = new byte[256];

  static {
    for (int modrm = 0; modrm < 0xc0; modrm++) {
      int mod = modrm >> 6;
      int rm = modrm & 7;
      int wide = mod == 0 ? (rm == 5 ? 4 | NO_BASE : 0) : (mod == 1 ? 1 : 4);
      WIDE_ADDRESS[modrm] = (byte) (rm == 4 ? wide | SIB : wide);
      ADDRESS_16[modrm] = (byte) (mod == 0 ? (rm == 6 ? 2 : 0) : mod);
    }
  }

  private ModrmForms() {}
}
