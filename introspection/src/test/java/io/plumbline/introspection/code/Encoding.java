package io.plumbline.introspection.code;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What stands in a byte string, by the layout of an instruction alone and without any table of
 * opcodes: the words in which {@code explained-disagreements.txt} speaks of it.
 *
 * @param opcode {@code 1b e8}, {@code 0f 84}, {@code 0f38 f0}, {@code vex1 58}, {@code evex5 10},
 *     {@code xop8 a2}; the number is the map
 * @param words the facts, which the head of that file lists
 */
record Encoding(String opcode, Set<String> words) {

  static Encoding of(byte[] code, int offset, CodeMode mode) {
    return new Reading(code, offset, mode).read();
  }

  /** The same with one fact more. */
  Encoding with(String word) {
    Set<String> more = new LinkedHashSet<>(words);
    more.add(word);
    return new Encoding(opcode, more);
  }

  private static final class Reading {
    private final byte[] code;
    private final boolean long64;
    private final Set<String> words = new LinkedHashSet<>();
    private final int start;
    private int at;

    Reading(byte[] code, int offset, CodeMode mode) {
      this.code = code;
      start = offset;
      at = offset;
      long64 = mode == CodeMode.LONG_64;
      words.add(long64 ? "64" : "32");
    }

    Encoding read() {
      prefixes();
      int first = peek(0);
      int second = peek(1);
      String opcode;
      if ((first == 0xc4 || first == 0xc5) && (long64 || second >= 0xc0)) {
        opcode = vex(first == 0xc5);
      } else if (first == 0x62 && (long64 || second >= 0xc0)) {
        opcode = evex();
      } else if (first == 0x8f && (second & 0x1f) >= 8) {
        at += 3;
        words.add((second & 0x1f) > 10 ? "nomap" : "map");
        vector(peek(-1), "xop");
        opcode = String.format("xop%d %02x", second & 0x1f, peek(0));
      } else if (first == 0x0f && (second == 0x38 || second == 0x3a)) {
        at += 2;
        opcode = String.format("0f%02x %02x", second, peek(0));
      } else if (first == 0x0f) {
        at += 1;
        opcode = String.format("0f %02x", second);
      } else {
        opcode = String.format("1b %02x", first);
      }
      modrm(peek(1));
      length();
      return new Encoding(opcode, words);
    }

    private int peek(int ahead) {
      return at + ahead < code.length ? code[at + ahead] & 0xff : 0x90;
    }

    private void prefixes() {
      boolean rexBefore = false;
      int rexBits = 0;
      int mandatoryAt = start - 1;
      String mandatory = "np";
      for (; at - start < InstructionDecoder.MAXIMUM_LENGTH; at++) {
        int value = peek(0);
        String name = prefix(value);
        if (name == null) {
          break;
        }
        words.add(name);
        boolean rex = name.equals("rex");
        if (rexBefore) {
          words.add("void");
        }
        if (rex && (value & 8) != 0) {
          words.add("rexw");
        }
        rexBefore = rex;
        rexBits = rex ? value : 0;
        if (name.equals("f2") || name.equals("f3")) {
          mandatory = "p" + name;
          mandatoryAt = at;
        } else if (name.equals("66") && (mandatory.equals("np") || mandatory.equals("p66"))) {
          mandatory = "p66";
          mandatoryAt = at;
        }
      }
      words.add(mandatory);
      if (!mandatory.equals("np") && mandatoryAt != at - (rexBefore ? 2 : 1)) {
        words.add("apart");
      }
      if (rexBefore) {
        words.add("rexlast");
      }
      if ((rexBits & 4) != 0) {
        words.add("rexr");
      }
    }

    private String prefix(int value) {
      return switch (value) {
        case 0xf0 -> "lock";
        case 0xf2 -> "f2";
        case 0xf3 -> "f3";
        case 0x66 -> "66";
        case 0x67 -> "67";
        case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 -> "segment";
        default -> long64 && value >> 4 == 4 ? "rex" : null;
      };
    }

    private String vex(boolean two) {
      int map = two ? 1 : peek(1) & 0x1f;
      at += two ? 2 : 3;
      vector(peek(-1), "vex");
      words.add(two ? "vex2" : "vex3");
      return String.format("vex%d %02x", map, peek(0));
    }

    private String evex() {
      int p0 = peek(1);
      int p1 = peek(2);
      int p2 = peek(3);
      at += 4;
      vector((p1 & ~4) | (p2 & 0x20) >> 3, "evex");
      words.remove("l0");
      words.remove("l1");
      words.add("l" + (p2 >> 5 & 3));
      words.add((p0 & 8) == 0 && (p1 & 4) != 0 ? "fixed" : "reserved");
      words.add("k" + ((p2 & 7) == 0 ? "0" : ""));
      if ((p2 & 0x10) != 0) {
        words.add("b");
      }
      if ((p2 & 0x80) != 0) {
        words.add("z");
      }
      if ((p2 & 8) == 0) {
        words.add("v'");
      }
      return String.format("evex%d %02x", p0 & 7, peek(0));
    }

    /** W vvvv L pp; the legacy prefixes that must not stand before are told as {@code before}. */
    private void vector(int last, String space) {
      for (String prefix : new String[] {"lock", "66", "f2", "f3", "rexlast"}) {
        if (words.contains(prefix)) {
          words.add("before");
        }
      }
      words.removeIf(word -> word.equals("np") || word.startsWith("p"));
      words.add(space);
      words.add(new String[] {"np", "p66", "pf3", "pf2"}[last & 3]);
      words.add("l" + (last >> 2 & 1));
      words.add("w" + (last >> 7));
      int vvvv = last >> 3 & 0xf;
      if ((long64 ? vvvv : vvvv | 8) != 0xf) {
        words.add("vvvv");
      }
      if (!long64 && (vvvv & 8) == 0) {
        words.add("high");
      }
    }

    private void modrm(int value) {
      words.add(value >= 0xc0 ? "reg" : "mem");
      words.add("/" + (value >> 3 & 7));
      words.add("rm" + (value & 7));
    }

    /** Whether 15 bytes do not hold it, if ModRM follows the opcode and if rel32 does. */
    private void length() {
      int before = at + 1 - start;
      boolean address16 = !long64 && words.contains("67");
      int modrm = peek(1);
      int form = (address16 ? ModrmForms.ADDRESS_16 : ModrmForms.WIDE_ADDRESS)[modrm];
      int fields = 0;
      if (modrm < 0xc0) {
        boolean sib = (form & ModrmForms.SIB) != 0;
        boolean noBase = sib && modrm < 0x40 && (peek(2) & 7) == 5;
        fields = (sib ? 1 : 0) + (noBase ? 4 : form & ModrmForms.DISPLACEMENT);
      }
      if (before + 1 + fields > InstructionDecoder.MAXIMUM_LENGTH) {
        words.add("long");
      }
      if (before + 4 > InstructionDecoder.MAXIMUM_LENGTH) {
        words.add("long4");
      }
    }
  }
}
