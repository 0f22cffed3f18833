package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class CodeRegionTest {
  @Test
  void longRunsOfZerosOrInt3AreBlank() {
    Random random = new Random(11);
    for (int round = 0; round < 500; round++) {
      byte[] bytes = new byte[random.nextInt(2000)];
      for (int at = 0; at < bytes.length; ) {
        byte value = new byte[] {0, (byte) 0xcc, 0x55}[random.nextInt(3)];
        for (int run = 1 + random.nextInt(130); run > 0 && at < bytes.length; run--) {
          bytes[at++] = value;
        }
      }
      assertThat(new CodeRegion(0, bytes, false).nonBlankBytes())
          .as("seed 11, round %d", round)
          .isEqualTo(nonBlank(bytes));
    }
  }

  /** The definition, run by run. */
  private static long nonBlank(byte[] bytes) {
    long blank = 0;
    int start = 0;
    for (int at = 1; at <= bytes.length; at++) {
      if (at == bytes.length || bytes[at] != bytes[start]) {
        boolean filler = bytes[start] == 0 || bytes[start] == (byte) 0xcc;
        blank += filler && at - start >= 64 ? at - start : 0;
        start = at;
      }
    }
    return bytes.length - blank;
  }
}
