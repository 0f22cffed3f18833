package io.plumbline.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.ingest.capture.Observation;
import io.plumbline.ingest.recording.ReplayedGuest;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PagesByFrame;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomHistoryTest {
  private static final int ROUNDS = 80;

  /** States that share some pages, differ in some, and watch different frames. */
  private static final List<RecordedState> STATES =
      List.of(state(1, 2, 3), state(1, 2, 4), state(9, 2, 3, 5), state(0, 2), state(7, 7, 7, 7, 7));

  private static RecordedState state(int... contents) {
    PagesByFrame pages = new PagesByFrame();
    for (int frame = 0; frame < contents.length; frame++) {
      byte[] page = new byte[PageBytes.SIZE];
      page[frame] = (byte) contents[frame];
      pages.put(new FrameNumber(frame), PageBytes.wrap(page));
    }
    return new RecordedState(pages, List.of());
  }

  @Test
  void everyRoundOfAHistoryLeavesTheGuestInOneOfItsStates() throws Exception {
    for (long seed = 1; seed <= 20; seed++) {
      ReplayedGuest guest = new ReplayedGuest();
      Set<Integer> visited = new HashSet<>();
      for (Observation next : history(seed)) {
        if (guest.apply(next).isPresent()) {
          int found = stateOf(guest);
          assertThat(found).as("seed %d, observation %s", seed, next).isNotNegative();
          visited.add(found);
        }
      }
      assertThat(visited).as("seed %d", seed).hasSize(STATES.size());
    }
  }

  private static int stateOf(ReplayedGuest guest) {
    for (int state = 0; state < STATES.size(); state++) {
      if (sees(guest, STATES.get(state))) {
        return state;
      }
    }
    return -1;
  }

  private static boolean sees(ReplayedGuest guest, RecordedState state) {
    return guest.frames() == state.pages().size()
        && state.pages().frames().stream()
            .allMatch(
                frame ->
                    guest.read(frame).stream()
                        .anyMatch(found -> found.contentEquals(state.read(frame).orElseThrow())));
  }

  @Test
  void theSameSeedTellsTheSameHistoryAndAnotherSeedAnother() {
    assertThat(history(3)).isEqualTo(history(3)).isNotEqualTo(history(4));
  }

  @Test
  void collectorsAreReplacedAndGuestsStopInSomeHistories() {
    List<Observation> history = new ArrayList<>();
    for (long seed = 1; seed <= 20; seed++) {
      history.addAll(history(seed));
    }
    assertThat(history.stream().map(each -> each.vm().collectorEpoch()).distinct())
        .hasSizeGreaterThan(2);
    assertThat(history)
        .anySatisfy(
            each ->
                assertThat(each.body())
                    .isInstanceOfSatisfying(
                        Observation.LifeCycle.class,
                        event ->
                            assertThat(event.event())
                                .isEqualTo(Observation.LifeCycle.Event.STOPPED)));
  }

  private static List<Observation> history(long seed) {
    List<Observation> told = new ArrayList<>();
    new RandomHistory("vm", STATES, seed).<RuntimeException>tell(ROUNDS, told::add);
    return told;
  }
}
