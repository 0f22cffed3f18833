package io.plumbline.ingest.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.introspection.memory.FrameNumber;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class FrameSetTest {
  @Test
  void itIsTheSetThatATreeSetWouldBe() {
    for (long seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      List<FrameNumber> one = frames(random);
      List<FrameNumber> two = frames(random);
      assertEqual(FrameSet.of(one), one, seed);
      List<FrameNumber> both = new ArrayList<>(one);
      both.addAll(two);
      assertEqual(FrameSet.of(one).union(FrameSet.of(two)), both, seed);
      assertThat(FrameSet.of(one).union(FrameSet.of(two)))
          .as("seed %d", seed)
          .isEqualTo(FrameSet.of(two).union(FrameSet.of(one)))
          .isEqualTo(FrameSet.of(both));
    }
  }

  @Test
  void aHugeRangeCostsNothing() {
    FrameSet all = FrameSet.range(new FrameNumber(0), FrameNumber.LIMIT);
    assertThat(all.size()).isEqualTo(FrameNumber.LIMIT);
    assertThat(all).hasToString("1099511627776 frames in 1 runs");
    assertThat(all.contains(new FrameNumber(FrameNumber.LIMIT - 1))).isTrue();
  }

  private static void assertEqual(FrameSet set, Collection<FrameNumber> expected, long seed) {
    TreeSet<FrameNumber> tree = new TreeSet<>(expected);
    List<FrameNumber> walked = new ArrayList<>();
    set.iterator().forEachRemaining((long frame) -> walked.add(new FrameNumber(frame)));
    assertThat(walked).as("seed %d", seed).containsExactlyElementsOf(tree);
    assertThat(set.size()).as("seed %d", seed).isEqualTo(tree.size());
    for (long frame = 0; frame < 60; frame++) {
      FrameNumber number = new FrameNumber(frame);
      assertThat(set.contains(number)).as("seed %d", seed).isEqualTo(tree.contains(number));
    }
  }

  private static List<FrameNumber> frames(Random random) {
    return random.longs(random.nextInt(40), 0, 50).mapToObj(FrameNumber::new).toList();
  }
}
