package io.plumbline.introspection.bench;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Measures how long it takes to name the build of one guest, on one thread: from page tables and
 * registers to the identity, the comparison of every byte with the winner included.
 */
public final class IdentificationBenchmark {
  private static final int WARM_UP_ROUNDS = 10;
  private static final int LEAST_ROUNDS = 5;
  private static final int MOST_ROUNDS = 200;
  private static final double NANOS = 1e9;

  private IdentificationBenchmark() {}

  /**
   * What one run measured.
   *
   * @param builds in the book
   * @param rounds measured
   * @param coldSeconds of the first time, with whatever had to be read for it
   * @param medianSeconds of one VM after warm-up
   * @param slowestSeconds of one VM after warm-up
   * @param identity what the guest was called, the same in every round
   */
  public record Result(
      int builds,
      int rounds,
      double coldSeconds,
      double medianSeconds,
      double slowestSeconds,
      Identity identity) {}

  /**
   * Runs until {@code nanos} have passed by the clock, 5 to 200 measured rounds.
   *
   * @param nanoClock may count a thread's processor time, on a machine that has more to do
   * @throws UnfitGuestException if two rounds name different builds
   */
  public static Result on(Guest guest, SignatureBook book, LongSupplier nanoClock, long nanos)
      throws UnfitGuestException {
    KernelJudge judge = new KernelJudge(JudgeSettings.STANDARD, nanoClock);
    long start = nanoClock.getAsLong();
    Identity identity = judge.identify(guest, book).identity();
    final double cold = (nanoClock.getAsLong() - start) / NANOS;
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      judge.identify(guest, book);
    }
    double[] seconds = new double[MOST_ROUNDS];
    int rounds = 0;
    long end = nanoClock.getAsLong() + nanos;
    while (rounds < LEAST_ROUNDS || (rounds < MOST_ROUNDS && nanoClock.getAsLong() - end < 0)) {
      start = nanoClock.getAsLong();
      Identity again = judge.identify(guest, book).identity();
      seconds[rounds++] = (nanoClock.getAsLong() - start) / NANOS;
      if (!again.equals(identity)) {
        throw new UnfitGuestException(
            "expected the same identity every time, found " + identity + " and " + again);
      }
    }
    double[] sorted = Arrays.stream(seconds, 0, rounds).sorted().toArray();
    return new Result(
        book.signatures().size(), rounds, cold, sorted[rounds / 2], sorted[rounds - 1], identity);
  }
}
