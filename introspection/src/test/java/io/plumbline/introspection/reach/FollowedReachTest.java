package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The law of a fixpoint that follows its guest: whatever changed, in whatever portions, it tells
 * what an exploration of the last state tells. Guests are {@link RandomKernel}s.
 */
class FollowedReachTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void whateverChangesItTellsWhatAnExplorationOfTheLastStateTells(int portion) {
    int histories = Integer.getInteger("plumbline.law.histories", 15);
    Set<Long> sizes = new HashSet<>();
    for (long seed = 1; seed <= histories; seed++) {
      RandomKernel history = new RandomKernel(seed * 31 + portion, 0);
      GuestKernel kernel = history.kernel();
      Fixpoint following = history.explore(kernel);
      for (int step = 0; step < 12; step++) {
        Set<Long> changed = new HashSet<>();
        for (int change = 0; change < portion; change++) {
          changed.add(history.change());
        }
        assertThat(history.follow(following, kernel, changed)).isTrue();
        assertThat(kernel.code().nonBlankBytes())
            .isEqualTo(history.kernel().code().nonBlankBytes());

        Told expected = Told.of(history.explore(history.kernel()), history.places());
        Told told = Told.of(following, history.places());
        String when = "portion " + portion + ", seed " + seed + ", step " + step;
        told.isThatOf(expected, when);
        sizes.add(expected.bytes().get(ReachStep.HEAP));
      }
    }
    // Guests that reach nothing, or always the same, would show nothing.
    assertThat(sizes.size()).isGreaterThan(histories);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void itTellsTheSameIfCodeAndSomeDataAreGivenBackFromTimeToTime(int portion) {
    int histories = Integer.getInteger("plumbline.law.histories", 15);
    int followed = 0;
    for (long seed = 1; seed <= histories; seed++) {
      RandomKernel history = new RandomKernel(seed * 37 + portion, 0);
      Random random = new Random(seed);
      GuestKernel kernel = history.kernel();
      Fixpoint following = history.explore(kernel);
      for (int step = 0; step < 12; step++) {
        if (random.nextInt(3) == 0) {
          kernel.code().giveBack();
          following.giveBack(frame -> random.nextInt(4) == 0);
        }
        Set<Long> changed = new HashSet<>();
        for (int change = 0; change < portion; change++) {
          changed.add(history.change());
        }
        String when = "portion " + portion + ", seed " + seed + ", step " + step;
        boolean light = kernel.code().isGivenBack();
        if (light && changed.stream().anyMatch(history::isCode)) {
          kernel = history.kernel();
          following = history.explore(kernel);
        } else {
          assertThat(history.follow(following, kernel, changed)).as(when).isTrue();
          followed += light ? 1 : 0;
        }
        history
            .told(following, kernel)
            .isThatOf(Told.of(history.explore(history.kernel()), history.places()), when);
        assertThat(kernel.code().nonBlankBytes())
            .isEqualTo(history.kernel().code().nonBlankBytes());
      }
    }
    // Who explores anew whenever something was given back would show nothing.
    assertThat(followed).isGreaterThan(histories / 2);
  }
}
