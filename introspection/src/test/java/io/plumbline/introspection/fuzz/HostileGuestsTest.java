package io.plumbline.introspection.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Guests made to break the core, and the laws that no guest breaks: nothing is thrown, nothing
 * takes a second, nothing allocates more than its budgets explain, no walk exceeds its budget, what
 * was cut short is said, and what was not all seen and explained is not trusted.
 *
 * <p>{@code -Dplumbline.fuzz.guests=1000000} asks for more of them, {@code -Dplumbline.fuzz.seed=N}
 * for others, {@code -Dplumbline.fuzz.laborious=1000} for more of those that are judged with
 * standard budgets.
 */
class HostileGuestsTest {
  private static final long FEW = 2000;
  private static final long FEW_LABORIOUS = 12;
  private static final long PROGRESS = 25_000;

  private static Optional<Long> asked(String property) {
    return Optional.ofNullable(Long.getLong("plumbline.fuzz." + property));
  }

  private static long firstSeed() {
    return asked("seed").orElse(1L);
  }

  @Test
  void noGuestBreaksTheCore() {
    long guests = asked("guests").orElse(FEW);
    long start = System.nanoTime();
    FuzzRun run = new FuzzRun(FuzzBounds.SMALL);
    for (long done = 0; done < guests; done += PROGRESS) {
      run.of(firstSeed() + done, Math.min(PROGRESS, guests - done));
      if (asked("guests").isPresent()) {
        print(run, System.nanoTime() - start);
      }
    }
  }

  @Test
  void noGuestTakesLongWithStandardBudgets() {
    long guests = asked("laborious").orElse(FEW_LABORIOUS);
    long start = System.nanoTime();
    FuzzRun run = new FuzzRun(FuzzBounds.STANDARD);
    for (long seed = firstSeed(); seed < firstSeed() + guests; seed++) {
      run.look(HostileGuest.laborious(seed));
    }
    if (asked("laborious").isPresent()) {
      print(run, System.nanoTime() - start);
    }
  }

  @Test
  void theSameSeedMakesTheSameGuest() {
    for (long seed = 1; seed < 50; seed++) {
      HostileGuest one = HostileGuest.of(seed);
      HostileGuest other = HostileGuest.of(seed);

      assertThat(other).hasToString(one.toString());
      assertThat(other.vcpus()).isEqualTo(one.vcpus());
    }
  }

  @Test
  void everyTemplateIsWhatItsBuildMakesOfIt() {
    List<String> states =
        GuestTemplate.all().stream().map(VerdictProbes::stateOfUnchanged).toList();

    assertThat(states).containsExactly("EXACT", "EXACT", "EXACT", "EXACT", "UNKNOWN", "UNKNOWN");
  }

  private static void print(FuzzRun run, long nanos) {
    run.report().forEach(System.out::println);
    double seconds = nanos / 1e9;
    System.out.printf(
        "seeds from %d on, %.0f s, %.0f guests/s%n", firstSeed(), seconds, run.guests() / seconds);
  }
}
