package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlankRunsTest {
  private static final byte INT3 = (byte) 0xcc;

  @Test
  void aRunIsBlankFromSixtyFourBytesOn() {
    assertThat(blankOf(new byte[63])).isZero();
    assertThat(blankOf(new byte[64])).isEqualTo(64);
    byte[] traps = new byte[200];
    Arrays.fill(traps, INT3);
    assertThat(blankOf(traps)).isEqualTo(200);
    byte[] nops = new byte[200];
    Arrays.fill(nops, (byte) 0x90);
    assertThat(blankOf(nops)).isZero();
  }

  @Test
  void zerosAndInt3AreNotOneRun() {
    byte[] both = new byte[120];
    Arrays.fill(both, 60, 120, INT3);

    assertThat(blankOf(both)).isZero();
  }

  @Test
  void inWhateverPiecesBytesComeTheSameAreBlank() {
    Random random = new Random(21);
    for (int round = 0; round < 2000; round++) {
      byte[] bytes = bytes(random);
      BlankRuns pieces = new BlankRuns();
      for (int at = 0; at < bytes.length; ) {
        int end = Math.min(bytes.length, at + 1 + random.nextInt(200));
        pieces.add(bytes, at, end);
        at = end;
      }
      assertThat(pieces.bytes()).as("seed 21, round %d", round).isEqualTo(blankOf(bytes));
    }
  }

  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[random.nextInt(1500)];
    for (int at = 0; at < bytes.length; ) {
      byte value = new byte[] {0, INT3, 0x55}[random.nextInt(3)];
      int end = Math.min(bytes.length, at + 1 + random.nextInt(random.nextInt(3) == 0 ? 400 : 90));
      Arrays.fill(bytes, at, end, value);
      at = end;
    }
    return bytes;
  }

  private static long blankOf(byte[] bytes) {
    BlankRuns runs = new BlankRuns();
    runs.add(bytes, 0, bytes.length);
    return runs.bytes();
  }
}
