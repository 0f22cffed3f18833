package io.plumbline.introspection.code;

import java.util.EnumMap;
import java.util.Map;

/**
 * Where one x86 instruction ends, where control can go after it, and where its fields lie: the hot
 * path of every traversal. Tables decide what is an instruction ({@code x86-legacy.txt}, {@code
 * x86-extended.txt}); this class walks them as Intel SDM volume 2A, figure 2-1 lays out the bytes:
 * prefixes, opcode, ModRM, SIB, displacement, immediate.
 *
 * <p>Where processors differ, Intel's reading counts: 66 before a near branch means nothing in
 * 64-bit mode. LOCK where it is not allowed, and more than 15 bytes, are invalid as on the
 * processor. APX (REX2, extended EVEX) is invalid: no supported guest can have it enabled.
 *
 * <p>Immutable and free of allocation; one instance per mode is shared by all threads.
 */
public final class InstructionDecoder {
  /** Bytes of the longest instruction (Intel SDM volume 2A, section 2.3.11). */
  public static final int MAXIMUM_LENGTH = 15;

  private static final int RARE =
      OpcodeEntry.NOP | OpcodeEntry.ENDBR | OpcodeEntry.SUFFIX_3DNOW | OpcodeEntry.NO_REX_R;
  private static final Map<CodeMode, InstructionDecoder> BY_MODE = new EnumMap<>(CodeMode.class);

  static {
    for (CodeMode mode : CodeMode.values()) {
      BY_MODE.put(mode, new InstructionDecoder(mode));
    }
  }

  private final boolean long64;
  private final long modeFlag;
  private final long[] prefixKept;
  private final long[] prefixAdded;
  private final int[] entries;
  private final int[] blocks;
  private final byte[] immediateSizes;
  private final ExtendedOpcodes extended;

  private InstructionDecoder(CodeMode mode) {
    long64 = mode == CodeMode.LONG_64;
    modeFlag = long64 ? 0 : Instruction.PROTECTED;
    Prefixes prefixes = new Prefixes(mode);
    prefixKept = prefixes.kept;
    prefixAdded = prefixes.added;
    LegacyOpcodes opcodes = LegacyOpcodes.forMode(mode);
    entries = opcodes.entries();
    blocks = opcodes.blocks();
    immediateSizes = ImmediateKind.sizes(mode);
    extended = ExtendedOpcodes.shared();
  }

  public static InstructionDecoder forMode(CodeMode mode) {
    return BY_MODE.get(mode);
  }

  /**
   * Decodes the instruction at {@code offset}.
   *
   * @param limit end of the readable bytes in {@code code}, exclusive; at most its length
   * @return the packed form that {@link Instruction} reads, or {@link Instruction#INVALID} if these
   *     bytes are no instruction or it does not end before {@code limit}
   */
  public long decode(byte[] code, int offset, int limit) {
    int end = limit - offset > MAXIMUM_LENGTH ? offset + MAXIMUM_LENGTH : limit;
    int at = offset;
    if (at >= end) {
      return Instruction.INVALID;
    }
    long flags = modeFlag;
    int opcode = code[at++] & 0xff;
    int entry = entries[opcode];
    while (entry < 0) {
      flags = (flags & prefixKept[opcode]) | prefixAdded[opcode];
      if (at >= end) {
        return Instruction.INVALID;
      }
      opcode = code[at++] & 0xff;
      entry = entries[opcode];
    }
    int map = Instruction.MAP_ONE_BYTE;
    while ((entry & OpcodeEntry.ESCAPE) != 0) {
      if (at >= end) {
        return Instruction.INVALID;
      }
      map = OpcodeEntry.number(entry);
      opcode = code[at++] & 0xff;
      entry = entries[map << 8 | opcode];
    }
    if ((entry & OpcodeEntry.EXTENDED) != 0
        && at < end
        && beginsExtended(opcode, code[at] & 0xff)) {
      return extended(code, offset, end, at, opcode, flags);
    }
    if ((entry & OpcodeEntry.VALID) == 0) {
      return Instruction.INVALID;
    }
    flags |=
        (long) (opcode << Instruction.OPCODE_SHIFT | map << Instruction.MAP_SHIFT)
            | (long) (at - 1 - offset) << Instruction.OPCODE_OFFSET_SHIFT;
    return operands(code, offset, end, at, flags, entry);
  }

  /** 62, C4 and C5 are BOUND, LES and LDS in 32-bit mode unless a register form follows. */
  private boolean beginsExtended(int opcode, int next) {
    return opcode == 0x8f ? (next & 0x1f) >= 8 : long64 || next >= 0xc0;
  }

  private long extended(byte[] code, int offset, int end, int at, int lead, long flags) {
    long forbidden =
        Prefixes.REX
            | Instruction.LOCK
            | Instruction.OPERAND_SIZE
            | Instruction.REP
            | Instruction.REPNE;
    if ((flags & forbidden) != 0) {
      return Instruction.INVALID;
    }
    long encoding = ExtendedEncoding.read(code, at, end, lead, long64);
    if (encoding == ExtendedEncoding.INVALID) {
      return Instruction.INVALID;
    }
    if (!long64 && (flags & Instruction.ADDRESS_SIZE) != 0) {
      encoding |= ExtendedEncoding.ADDRESS_16;
    }
    int opcodeAt = at + ExtendedEncoding.payload(lead);
    if (opcodeAt + 1 > end) {
      return Instruction.INVALID;
    }
    int opcode = code[opcodeAt] & 0xff;
    int modrm = opcodeAt + 1 < end ? code[opcodeAt + 1] & 0xff : -1;
    int sib = opcodeAt + 2 < end ? code[opcodeAt + 2] & 0xff : -1;
    int entry = extended.entry(encoding, opcode, modrm, sib);
    if (entry == OpcodeEntry.INVALID) {
      return Instruction.INVALID;
    }
    long fields =
        (long)
                (opcode << Instruction.OPCODE_SHIFT
                    | Instruction.MAP_EXTENDED << Instruction.MAP_SHIFT)
            | (long) (opcodeAt - offset) << Instruction.OPCODE_OFFSET_SHIFT
            | (ExtendedEncoding.wide(encoding) ? Instruction.WIDE : 0);
    return operands(code, offset, end, opcodeAt + 1, flags | fields, entry);
  }

  /** ModRM to the last byte; {@code flags} holds the opcode fields and prefixes. */
  private long operands(byte[] code, int offset, int end, int start, long flags, int opcodeEntry) {
    int at = start;
    int entry = opcodeEntry;
    long fields = flags;
    int modrm = 0;
    if ((entry & OpcodeEntry.MODRM) != 0) {
      if (at >= end) {
        return Instruction.INVALID;
      }
      fields |= (long) (at - offset) << Instruction.MODRM_OFFSET_SHIFT;
      modrm = code[at++] & 0xff;
    }
    if ((entry & OpcodeEntry.DETAIL) != 0) {
      int block = OpcodeEntry.number(entry) << LegacyOpcodes.BLOCK_SHIFT;
      int kept = entry & OpcodeEntry.MODRM;
      entry = blocks[block | Prefixes.mandatory(flags) << 8 | modrm];
      if (entry == OpcodeEntry.INVALID) {
        return Instruction.INVALID;
      }
      entry |= kept;
    }
    if ((entry & OpcodeEntry.MODRM) != 0
        && modrm < 0xc0
        && (entry & OpcodeEntry.REGISTER_ALWAYS) == 0) {
      boolean address16 = !long64 && (flags & Instruction.ADDRESS_SIZE) != 0;
      int form = (address16 ? ModrmForms.ADDRESS_16 : ModrmForms.WIDE_ADDRESS)[modrm];
      int displacement = form & ModrmForms.DISPLACEMENT;
      if ((form & ModrmForms.SIB) != 0) {
        if (at >= end) {
          return Instruction.INVALID;
        }
        if ((code[at++] & 7) == 5 && modrm < 0x40) {
          displacement = 4;
        }
      } else if (long64 && (form & ModrmForms.NO_BASE) != 0) {
        fields |= Instruction.RIP_RELATIVE;
      }
      if (displacement != 0) {
        fields |= displacementField(at - offset, displacement);
        at += displacement;
      }
    }
    return immediate(code, offset, end, at, fields, entry, modrm);
  }

  private long immediate(
      byte[] code, int offset, int end, int start, long flags, int entry, int modrm) {
    int at = start;
    long fields = flags;
    int kind = OpcodeEntry.immediate(entry);
    if (kind != 0) {
      int widths = (int) (flags >>> Instruction.WIDTHS_SHIFT) & (ImmediateKind.WIDTHS - 1);
      int size = immediateSizes[kind * ImmediateKind.WIDTHS + widths];
      fields |=
          (entry & OpcodeEntry.MOFFS) != 0
              ? displacementField(at - offset, size)
              : (long) (at - offset) << Instruction.IMMEDIATE_OFFSET_SHIFT
                  | (long) size << Instruction.IMMEDIATE_SIZE_SHIFT;
      at += size;
    }
    if (at > end || ((flags & Instruction.LOCK) != 0 && !lockable(entry, modrm))) {
      return Instruction.INVALID;
    }
    if ((entry & RARE) != 0) {
      if ((entry & OpcodeEntry.NO_REX_R) != 0 && (flags & Prefixes.REX_R) != 0) {
        return Instruction.INVALID;
      }
      if ((entry & OpcodeEntry.SUFFIX_3DNOW) != 0) {
        int suffix = code[at - 1] & 0xff;
        if (!Suffixes3dNow.valid(suffix)) {
          return Instruction.INVALID;
        }
        fields ^= (long) (Instruction.MAP_0F ^ Instruction.MAP_EXTENDED) << Instruction.MAP_SHIFT;
      }
      fields |= rareFlags(entry, flags);
    }
    return (fields & ~Prefixes.TRANSIENT)
        | (long) OpcodeEntry.flow(entry) << Instruction.FLOW_SHIFT
        | (at - offset);
  }

  private static long displacementField(int offset, int size) {
    return (long) offset << Instruction.DISPLACEMENT_OFFSET_SHIFT
        | (long) (size == 8 ? 5 : size) << Instruction.DISPLACEMENT_SIZE_SHIFT;
  }

  private static boolean lockable(int entry, int modrm) {
    return (entry & OpcodeEntry.LOCKABLE) != 0 && modrm < 0xc0;
  }

  /** 90 with REX.B exchanges R8 with RAX. */
  private static long rareFlags(int entry, long flags) {
    boolean exchange = (flags & Prefixes.REX_B) != 0 && (entry & OpcodeEntry.MODRM) == 0;
    return ((entry & OpcodeEntry.NOP) != 0 && !exchange ? Instruction.NOP : 0)
        | ((entry & OpcodeEntry.ENDBR) != 0 ? Instruction.ENDBR : 0);
  }
}
