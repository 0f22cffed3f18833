package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FollowedCodeTest {
  private static final int BYTES = 200;

  @Test
  void bytesOfInstructionsInARowAreTheirSum() {
    FollowedCode code = new FollowedCode(BYTES);
    for (int at = 20; at < 170; at += 15) {
      code.add(at, 15);
    }
    code.add(170, 1);

    assertThat(code.bytes()).isEqualTo(151);
    assertThat(code.nextStart(36)).isEqualTo(50);
  }

  @Test
  void whereInstructionsOverlapEachByteCountsOnce() {
    for (int seed = 0; seed < 3000; seed++) {
      Random random = new Random(seed);
      FollowedCode code = new FollowedCode(BYTES);
      BitSet covered = new BitSet();
      int instructions = 1 + random.nextInt(12);
      for (int i = 0; i < instructions; i++) {
        int length = 1 + random.nextInt(15);
        int at = random.nextInt(BYTES - length);
        if (!code.startsAt(at)) {
          code.add(at, length);
          covered.set(at, at + length);
        }
      }

      assertThat(code.bytes()).as("seed %d", seed).isEqualTo(covered.cardinality());
    }
  }
}
