package io.plumbline.introspection.code;

import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The four legacy opcode maps of one mode, read once from {@code x86-legacy.txt}: an entry per
 * opcode and, where the mandatory prefix or ModRM decide, a block of entries by both.
 */
final class LegacyOpcodes {
  /** Entries of a block: four mandatory prefixes times 256 ModRM bytes. */
  static final int BLOCK = 1024;

  static final int BLOCK_SHIFT = 10;

  private static final String RESOURCE = "x86-legacy.txt";
  private static final int MAPS = 4;

  private final int[] entries = new int[MAPS * 256];
  private int[] blocks = new int[0];

  private LegacyOpcodes() {}

  static LegacyOpcodes forMode(CodeMode mode) {
    int[][] raw = new int[MAPS * 256][];
    for (OpcodeRow row : OpcodeRow.read(RESOURCE)) {
      if (appliesTo(row, mode)) {
        fill(raw, row);
      }
    }
    LegacyOpcodes opcodes = new LegacyOpcodes();
    opcodes.condense(raw);
    opcodes.markPrefixes(mode);
    opcodes.markEscapes();
    return opcodes;
  }

  /** By {@code map << 8 | opcode}. */
  int[] entries() {
    return entries;
  }

  /** By {@code number << BLOCK_SHIFT | mandatory prefix << 8 | ModRM}. */
  int[] blocks() {
    return blocks;
  }

  private static boolean appliesTo(OpcodeRow row, CodeMode mode) {
    return mode == CodeMode.LONG_64 ? !row.has("i64") : !row.has("o64");
  }

  private static void fill(int[][] raw, OpcodeRow row) {
    int entry = entryOf(row);
    for (int opcode = row.firstOpcode(); opcode <= row.lastOpcode(); opcode++) {
      int index = row.map() << 8 | opcode;
      if (raw[index] == null) {
        raw[index] = new int[BLOCK];
      }
      for (int prefix : row.prefixes()) {
        for (int modrm = 0; modrm < 256; modrm++) {
          if (row.matchesModrm(modrm)) {
            raw[index][prefix << 8 | modrm] = entry;
          }
        }
      }
    }
  }

  private static int entryOf(OpcodeRow row) {
    ImmediateKind immediate = ImmediateKind.NONE;
    ControlFlow flow = ControlFlow.NEXT;
    int flags = 0;
    for (String attribute : row.attributes()) {
      switch (attribute) {
        case "i64", "o64" -> {}
        case "lock" -> flags |= OpcodeEntry.LOCKABLE;
        case "nop" -> flags |= OpcodeEntry.NOP;
        case "endbr" -> flags |= OpcodeEntry.ENDBR;
        case "reg-always" -> flags |= OpcodeEntry.REGISTER_ALWAYS;
        case "no-rex-r" -> flags |= OpcodeEntry.NO_REX_R;
        case "3dnow" -> flags |= OpcodeEntry.SUFFIX_3DNOW;
        default -> {
          ImmediateKind named = immediateNamed(attribute);
          if (named != null) {
            immediate = named;
          } else {
            flow = ControlFlow.valueOf(attribute.replace('-', '_').toUpperCase(Locale.ROOT));
          }
        }
      }
    }
    return OpcodeEntry.of(row.hasModrm(), immediate, flow) | flags;
  }

  private static ImmediateKind immediateNamed(String notation) {
    for (ImmediateKind kind : ImmediateKind.values()) {
      if (kind.notation.equals(notation)) {
        return kind;
      }
    }
    return null;
  }

  /** One entry where all 1024 agree, else a block; equal blocks are kept once. */
  private void condense(int[][] raw) {
    Map<IntBuffer, Integer> numbers = new HashMap<>();
    for (int index = 0; index < raw.length; index++) {
      int[] block = raw[index];
      if (block == null) {
        continue;
      }
      int first = block[0];
      if (Arrays.stream(block).allMatch(entry -> entry == first)) {
        entries[index] = first;
        continue;
      }
      Integer number = numbers.putIfAbsent(IntBuffer.wrap(block), numbers.size());
      if (number == null) {
        number = numbers.size() - 1;
        blocks = Arrays.copyOf(blocks, blocks.length + BLOCK);
        System.arraycopy(block, 0, blocks, number << BLOCK_SHIFT, BLOCK);
      }
      boolean modrm = Arrays.stream(block).anyMatch(entry -> (entry & OpcodeEntry.MODRM) != 0);
      entries[index] =
          OpcodeEntry.VALID
              | OpcodeEntry.DETAIL
              | (modrm ? OpcodeEntry.MODRM : 0)
              | number << OpcodeEntry.NUMBER_SHIFT;
    }
  }

  /** Intel SDM volume 2A, section 2.1.1; REX: section 2.2.1. */
  private void markPrefixes(CodeMode mode) {
    for (int opcode : Prefixes.LEGACY) {
      entries[opcode] = OpcodeEntry.PREFIX;
    }
    if (mode == CodeMode.LONG_64) {
      Arrays.fill(entries, 0x40, 0x50, OpcodeEntry.PREFIX);
    }
  }

  private void markEscapes() {
    entries[0x0f] = escapeTo(Instruction.MAP_0F);
    entries[Instruction.MAP_0F << 8 | 0x38] = escapeTo(Instruction.MAP_0F38);
    entries[Instruction.MAP_0F << 8 | 0x3a] = escapeTo(Instruction.MAP_0F3A);
    for (int opcode : new int[] {0x62, 0x8f, 0xc4, 0xc5}) {
      entries[opcode] |= OpcodeEntry.EXTENDED;
    }
  }

  private static int escapeTo(int map) {
    return OpcodeEntry.ESCAPE | map << OpcodeEntry.NUMBER_SHIFT;
  }
}
