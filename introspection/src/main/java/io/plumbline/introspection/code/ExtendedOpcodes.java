package io.plumbline.introspection.code;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Which VEX, EVEX and XOP instructions exist, read once from {@code x86-extended.txt}. Kernels hold
 * few of them, so a short list of rules per opcode is searched instead of an unrolled table.
 */
final class ExtendedOpcodes {
  private static final String RESOURCE = "x86-extended.txt";
  private static final ExtendedOpcodes SHARED = new ExtendedOpcodes();

  private final ExtendedRule[][] rules = new ExtendedRule[3 << 14][];

  private ExtendedOpcodes() {
    List<List<ExtendedRule>> lists = new ArrayList<>();
    for (int i = 0; i < rules.length; i++) {
      lists.add(null);
    }
    for (OpcodeRow row : OpcodeRow.read(RESOURCE)) {
      ExtendedRule rule = ExtendedRule.of(row);
      int space = List.of("VEX", "EVEX", "XOP").indexOf(row.space());
      for (int prefix : row.prefixes()) {
        for (int opcode = row.firstOpcode(); opcode <= row.lastOpcode(); opcode++) {
          int key = ExtendedEncoding.key(space, row.map(), prefix, opcode);
          if (lists.get(key) == null) {
            lists.set(key, new ArrayList<>());
          }
          lists.get(key).add(rule);
        }
      }
    }
    for (int i = 0; i < rules.length; i++) {
      if (lists.get(i) != null) {
        rules[i] = lists.get(i).toArray(new ExtendedRule[0]);
      }
    }
  }

  static ExtendedOpcodes shared() {
    return SHARED;
  }

  /**
   * The entry of the first rule that admits this encoding, or {@link OpcodeEntry#INVALID}.
   *
   * @param modrm the byte after the opcode, -1 if it is cut off
   * @param sib the byte after that, -1 if it is cut off
   */
  int entry(long encoding, int opcode, int modrm, int sib) {
    ExtendedRule[] candidates = rules[ExtendedEncoding.key(encoding, opcode)];
    if (candidates == null) {
      return OpcodeEntry.INVALID;
    }
    for (ExtendedRule rule : candidates) {
      if (rule.admits(encoding, modrm, sib)) {
        return rule.entry();
      }
    }
    return OpcodeEntry.INVALID;
  }

  /** One row of the table, as conditions. */
  private record ExtendedRule(
      int entry,
      BitSet modrm,
      int widths,
      int lengths,
      int rms,
      boolean noVvvv,
      boolean needsSib,
      boolean zeroing,
      boolean broadcast,
      boolean opmask,
      boolean needsOpmask,
      boolean only64,
      RegisterRule registers) {

    static ExtendedRule of(OpcodeRow row) {
      int widths = 0;
      int lengths = 0;
      int rms = 0xff;
      ImmediateKind immediate = ImmediateKind.NONE;
      for (String attribute : row.attributes()) {
        if (attribute.startsWith("rm")) {
          rms = digits(attribute.substring(2), 8);
        } else if (attribute.charAt(0) == 'W') {
          widths = digits(attribute.substring(1), 2);
        } else if (attribute.charAt(0) == 'L') {
          lengths = digits(attribute.substring(1), 3);
        } else if (attribute.equals("ib")) {
          immediate = ImmediateKind.IB;
        } else if (attribute.equals("id")) {
          immediate = ImmediateKind.ID;
        }
      }
      return new ExtendedRule(
          OpcodeEntry.of(row.hasModrm(), immediate, ControlFlow.NEXT),
          row.modrm(),
          widths,
          lengths,
          rms,
          row.has("v15"),
          row.has("sib"),
          row.has("z"),
          row.has("b"),
          !row.has("k0"),
          row.has("k!"),
          row.has("o64"),
          RegisterRule.of(row));
    }

    private static int digits(String notation, int all) {
      if (notation.equals("*")) {
        return (1 << all) - 1;
      }
      int bits = 0;
      for (int i = 0; i < notation.length(); i++) {
        bits |= 1 << Character.digit(notation.charAt(i), 10);
      }
      return bits;
    }

    boolean admits(long encoding, int modrm, int sib) {
      boolean hasModrm = (entry & OpcodeEntry.MODRM) != 0;
      if (hasModrm
          && (modrm < 0
              || !this.modrm.get(modrm)
              || !addressing(encoding, modrm, sib)
              || !registers.admits(encoding, modrm, sib))) {
        return false;
      }
      return (!only64 || ExtendedEncoding.long64(encoding))
          && (widths >> (ExtendedEncoding.wide(encoding) ? 1 : 0) & 1) != 0
          && (!noVvvv || ExtendedEncoding.vvvvUnused(encoding))
          && (ExtendedEncoding.evex(encoding)
              ? evex(encoding, modrm >= 0xc0)
              : (lengths >> ExtendedEncoding.vectorLength(encoding) & 1) != 0);
    }

    /** A vector index or a stride needs a SIB byte, which 16-bit addresses do not have. */
    private boolean addressing(long encoding, int modrm, int sib) {
      return modrm >= 0xc0
          ? (rms >> (modrm & 7) & 1) != 0
          : !needsSib
              || ((modrm & 7) == 4 && sib >= 0 && (encoding & ExtendedEncoding.ADDRESS_16) == 0);
    }

    /** Intel SDM volume 2A, section 2.7.11. */
    private boolean evex(long encoding, boolean register) {
      boolean b = ExtendedEncoding.broadcast(encoding);
      int k = ExtendedEncoding.opmask(encoding);
      boolean z = ExtendedEncoding.zeroing(encoding);
      // With b in a register form, L'L is the rounding mode and the vector has full length.
      boolean lengthFits =
          (register && b) || (lengths >> ExtendedEncoding.vectorLength(encoding) & 1) != 0;
      boolean highFits = !noVvvv || needsSib || ExtendedEncoding.highVvvvUnused(encoding);
      return lengthFits
          && highFits
          && (!b || broadcast)
          && (k == 0 ? !needsOpmask && !z : opmask)
          && (!z || zeroing);
    }
  }
}
