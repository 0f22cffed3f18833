package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ColumnTest {
  private static final int SIZE = 5_000;

  @Test
  void aCopyGoesItsOwnWayAndTheOriginalStays() {
    IntColumn original = new IntColumn();
    LongColumn longOriginal = new LongColumn();
    for (int i = 0; i < SIZE; i++) {
      original.set(i, 3 * i);
      longOriginal.set(i, 5L * i);
    }

    IntColumn copy = original.copy();
    LongColumn longCopy = longOriginal.copy();
    int[] expected = new int[2 * SIZE];
    for (int i = 0; i < SIZE; i++) {
      expected[i] = i;
    }
    Random random = new Random(3);
    for (int i = 0; i < 2 * SIZE; i++) {
      boolean isNew = i >= SIZE;
      int at = isNew ? i : random.nextInt(SIZE);
      expected[at] = random.nextInt();
      copy.set(at, 3 * expected[at]);
      longCopy.set(at, 5L * expected[at]);
    }

    for (int i = 0; i < 2 * SIZE; i++) {
      assertThat(copy.get(i)).as("seed 3, index %d", i).isEqualTo(3 * expected[i]);
      assertThat(longCopy.get(i)).as("seed 3, index %d", i).isEqualTo(5L * expected[i]);
      if (i < SIZE) {
        assertThat(original.get(i)).isEqualTo(3 * i);
        assertThat(longOriginal.get(i)).isEqualTo(5L * i);
      }
    }
  }
}
