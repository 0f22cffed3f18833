package io.plumbline.introspection.code;

import java.util.Random;

/**
 * Byte strings that decoders read differently more often than chance has it: four of five have
 * prefixes, an opcode of any map, and fields as an instruction has them; one is wholly random.
 */
final class ByteStrings {
  /** Bytes of a string: no instruction is longer. */
  static final int LENGTH = InstructionDecoder.MAXIMUM_LENGTH;

  private static final int[] PREFIXES = Prefixes.LEGACY;

  private final Random random;
  private final CodeMode mode;
  private final byte[] string = new byte[LENGTH];
  private int at;

  ByteStrings(long seed, CodeMode mode) {
    random = new Random(seed);
    this.mode = mode;
  }

  /** The next string; the array is used again by the next call. */
  byte[] next() {
    random.nextBytes(string);
    if (random.nextInt(5) != 0) {
      at = 0;
      prefixes();
      opcode();
    }
    return string;
  }

  private void prefixes() {
    // Most instructions have few prefixes; one string in a hundred is nearly full of them.
    int count = random.nextInt(100) == 0 ? random.nextInt(LENGTH - 5) : random.nextInt(5) - 1;
    for (int i = 0; i < count; i++) {
      boolean rex = mode == CodeMode.LONG_64 && random.nextInt(12) == 0;
      put(rex ? 0x40 | random.nextInt(16) : PREFIXES[random.nextInt(PREFIXES.length)]);
    }
    if (mode == CodeMode.LONG_64 && random.nextInt(4) == 0) {
      put(0x40 | random.nextInt(16));
    }
  }

  private void opcode() {
    switch (random.nextInt(16)) {
      case 0, 1, 2 -> {} // the one-byte map: any byte
      case 3, 4, 5, 6 -> put(0x0f);
      case 7, 8 -> escape(0x38);
      case 9 -> escape(0x3a);
      case 10 -> {
        put(0xc5);
        put(vectorByte());
      }
      case 11, 12 -> {
        put(0xc4);
        put(registerBits() | map(3));
        put(vectorByte());
      }
      case 13, 14 -> evex();
      default -> {
        put(random.nextBoolean() ? 0x8f : 0x0f);
        put(random.nextBoolean() ? 0x0f : registerBits() | 8 + random.nextInt(3));
        put(vectorByte());
      }
    }
  }

  private void escape(int second) {
    put(0x0f);
    put(second);
  }

  private void evex() {
    put(0x62);
    put((registerBits() & 0xf0) | map(7));
    put(vectorByte() | (random.nextInt(20) == 0 ? 0 : 4));
    // z, L'L and b, V', aaa: half of them as the simplest instruction has them
    put(random.nextBoolean() ? random.nextInt(256) : 0x08 | random.nextInt(3) << 5);
  }

  /** R, X and B set, as 32-bit mode has to have them, or any bits. */
  private int registerBits() {
    return random.nextBoolean() ? 0xe0 : random.nextInt(8) << 5;
  }

  private int map(int most) {
    return random.nextInt(10) == 0 ? random.nextInt(32) & 0x1f : 1 + random.nextInt(most);
  }

  /** W vvvv L pp; half of them name no register in vvvv. */
  private int vectorByte() {
    return random.nextInt(256) | (random.nextBoolean() ? 0x78 : 0);
  }

  private void put(int value) {
    if (at < LENGTH) {
      string[at++] = (byte) value;
    }
  }
}
