package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CodeRegionTest {
  @Test
  void longRunsOfZerosOrInt3AreBlank() {
    Random random = new Random(11);
    for (int round = 0; round < 500; round++) {
      byte[] bytes = new byte[random.nextInt(2000)];
      fill(bytes, 0, bytes.length, random);
      assertThat(new CodeRegion(0, bytes, false).nonBlankBytes())
          .as("seed 11, round %d", round)
          .isEqualTo(nonBlank(bytes));
    }
  }

  @Test
  void aPageThatChangesIsCountedAgainWithTheRunsThatItCuts() {
    Random random = new Random(12);
    byte[] bytes = new byte[4 * PageBytes.SIZE];
    CodeMemory memory = CodeMemory.of(new CodeRegion(0, bytes, false));
    for (int round = 0; round < 2000; round++) {
      int at = random.nextInt(4) * PageBytes.SIZE;
      byte[] page = Arrays.copyOfRange(bytes, at, at + PageBytes.SIZE);
      int from = random.nextInt(200);
      // Whole pages of one byte and pages that differ at an end make runs over several.
      fill(page, random.nextBoolean() ? 0 : from, PageBytes.SIZE - random.nextInt(200), random);

      memory.replace(at, PageBytes.wrap(page));

      assertThat(memory.nonBlankBytes()).as("seed 12, round %d", round).isEqualTo(nonBlank(bytes));
    }
  }

  private static void fill(byte[] bytes, int from, int to, Random random) {
    int longest = random.nextInt(4) == 0 ? 2 * PageBytes.SIZE : 130;
    for (int at = from; at < to; ) {
      byte value = new byte[] {0, (byte) 0xcc, 0x55}[random.nextInt(3)];
      for (int run = 1 + random.nextInt(longest); run > 0 && at < to; run--) {
        bytes[at++] = value;
      }
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
