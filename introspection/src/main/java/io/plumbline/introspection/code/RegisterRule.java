package io.plumbline.introspection.code;

/** Which registers a VEX, EVEX or XOP instruction may name; any other raises #UD. */
enum RegisterRule {
  ANY,
  /** ModRM.reg is one of the eight opmasks (Intel SDM volume 2A, table 2-44). */
  OPMASK {
    @Override
    boolean admits(long encoding, int modrm, int sib) {
      return ExtendedEncoding.register(encoding, modrm) < 8;
    }
  },
  /** ModRM.reg and vvvv are opmasks. */
  OPMASKS {
    @Override
    boolean admits(long encoding, int modrm, int sib) {
      return ExtendedEncoding.register(encoding, modrm) < 8
          && ExtendedEncoding.vvvvRegister(encoding) < 8;
    }
  },
  /** ModRM.reg is a general register (the same table). */
  GENERAL {
    @Override
    boolean admits(long encoding, int modrm, int sib) {
      return ExtendedEncoding.register(encoding, modrm) < 16;
    }
  },
  /** Destination, index and mask differ (volume 2C, VGATHERDPS); EVEX names its mask elsewhere. */
  GATHER {
    @Override
    boolean admits(long encoding, int modrm, int sib) {
      int register = ExtendedEncoding.register(encoding, modrm);
      int index = ExtendedEncoding.vectorIndex(encoding, sib);
      int mask = ExtendedEncoding.vvvvRegister(encoding);
      return register != index
          && (ExtendedEncoding.evex(encoding) || (register != mask && mask != index));
    }
  },
  /** One of the eight tiles (volume 1, chapter 18). */
  TILE {
    @Override
    boolean admits(long encoding, int modrm, int sib) {
      return ExtendedEncoding.register(encoding, modrm) < 8;
    }
  },
  /** The destination is none of the sources (volume 2C, VFCMULCPH and its kin). */
  COMPLEX {
    @Override
    boolean admits(long encoding, int modrm, int sib) {
      int register = ExtendedEncoding.register(encoding, modrm);
      return register != ExtendedEncoding.vvvvRegister(encoding)
          && (modrm < 0xc0 || register != ExtendedEncoding.rmRegister(encoding, modrm));
    }
  },
  /** Three different tiles (volume 2, exception class AMX-E4). */
  TILES {
    @Override
    boolean admits(long encoding, int modrm, int sib) {
      int first = ExtendedEncoding.register(encoding, modrm);
      int second = ExtendedEncoding.rmRegister(encoding, modrm);
      int third = ExtendedEncoding.vvvvRegister(encoding);
      return (first | second | third) < 8 && first != second && first != third && second != third;
    }
  };

  boolean admits(long encoding, int modrm, int sib) {
    return true;
  }

  static RegisterRule of(OpcodeRow row) {
    for (String attribute : row.attributes()) {
      switch (attribute) {
        case "rk" -> {
          return OPMASK;
        }
        case "rvk" -> {
          return OPMASKS;
        }
        case "rg" -> {
          return GENERAL;
        }
        case "gather" -> {
          return GATHER;
        }
        case "complex" -> {
          return COMPLEX;
        }
        case "tile" -> {
          return TILE;
        }
        case "tiles" -> {
          return TILES;
        }
        default -> {}
      }
    }
    return ANY;
  }
}
