package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
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
}
