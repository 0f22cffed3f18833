package io.plumbline.signaturestore.extract.sites;

/**
 * What the file holds where a mechanism patches: the proof that a table was read as it is meant
 * (opcodes of Intel SDM volume 2; forms of kernel {@code arch/x86/include/asm} as named).
 */
enum PatchedInstruction {
  /** A LOCK prefix; objects of some kernels point at an operand-size prefix before it. */
  LOCK("a LOCK prefix") {
    @Override
    boolean at(SiteCode code, int place) {
      return code.has(place, 0xf0) || code.has(place, 0x66);
    }
  },
  /** {@code call thunk}, {@code jmp thunk} or {@code jcc thunk}, perhaps behind a CS prefix. */
  THUNK_BRANCH("a direct branch") {
    @Override
    boolean at(SiteCode code, int place) {
      return BRANCH.at(code, place) || (code.has(place, 0x2e) && BRANCH.at(code, place + 1));
    }
  },
  /** {@code jmp __x86_return_thunk}. */
  RETURN("jmp rel32") {
    @Override
    boolean at(SiteCode code, int place) {
      return code.has(place, 0xe9);
    }
  },
  /** {@code call function}. */
  CALL("call rel32") {
    @Override
    boolean at(SiteCode code, int place) {
      return code.has(place, 0xe8);
    }
  },
  /** {@code endbr64}. */
  ENDBR("endbr64") {
    @Override
    boolean at(SiteCode code, int place) {
      return code.has(place, 0xf3, 0x0f, 0x1e, 0xfa);
    }
  },
  /** {@code call __fentry__}, or the NOP that a compiler's option makes of it. */
  FENTRY("call rel32 or a 5-byte NOP") {
    @Override
    boolean at(SiteCode code, int place) {
      return code.has(place, 0xe8) || code.has(place, 0x0f, 0x1f, 0x44, 0x00, 0x00);
    }
  },
  /** A NOP of 2 or 5 bytes or a jump (jump_label.h). */
  JUMP_LABEL("a NOP of 2 or 5 bytes or a jump") {
    @Override
    boolean at(SiteCode code, int place) {
      return code.has(place, 0xe9)
          || code.has(place, 0xeb)
          || code.has(place, 0x66, 0x90)
          || code.has(place, 0x0f, 0x1f, 0x44, 0x00, 0x00)
          || code.has(place, 0x3e, 0x8d, 0x74, 0x26, 0x00);
    }
  },
  /** A direct call, jump or conditional jump with a 32-bit distance. */
  BRANCH("a direct branch") {
    @Override
    boolean at(SiteCode code, int place) {
      if (code.has(place, 0xe8) || code.has(place, 0xe9)) {
        return true;
      }
      for (int condition = 0x80; condition <= 0x8f; condition++) {
        if (code.has(place, 0x0f, condition)) {
          return true;
        }
      }
      return false;
    }
  },
  /** {@code call *pv_ops+…} or {@code jmp *pv_ops+…}, absolute or RIP-relative. */
  INDIRECT_BRANCH("an indirect branch through memory") {
    @Override
    boolean at(SiteCode code, int place) {
      return code.has(place, 0xff);
    }
  };

  private final String description;

  PatchedInstruction(String description) {
    this.description = description;
  }

  /** Whether it stands at {@code place}. */
  abstract boolean at(SiteCode code, int place);

  String description() {
    return description;
  }
}
