package io.plumbline.introspection.bench;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.trust.Coverage;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.TrustState;
import io.plumbline.introspection.trust.Verdict;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Measures how much of a guest's code is reached from its hardware state, step by step, and how
 * long that takes on one thread for a guest that was never seen before: once as a kernel whose
 * build is known, once as one that nobody knows. Nothing of the guest is kept from round to round;
 * what is derived from the build's package once a process is.
 */
public final class FixpointBenchmark {
  private static final int WARM_UP_ROUNDS = 6;
  private static final int ROUNDS = 15;
  private static final double NANOS = 1e9;

  /**
   * One way to look at the guest.
   *
   * @param verdict of the last round
   * @param exploreSeconds to walk the page tables, copy the code, follow it and the data to the
   *     fixpoint; the median
   * @param verdictSeconds for everything, verification included; the median
   */
  public record Result(Verdict verdict, double exploreSeconds, double verdictSeconds) {
    /** How much was reached. */
    public Coverage coverage() {
      return verdict.coverage();
    }
  }

  private final Guest guest;
  private final KernelJudge judge;
  private final LongSupplier nanoClock;

  private FixpointBenchmark(Guest guest, LongSupplier nanoClock) {
    this.guest = guest;
    this.nanoClock = nanoClock;
    this.judge = new KernelJudge(JudgeSettings.WITHOUT_TEXT, nanoClock);
  }

  /** Of a guest as one that nobody knows. */
  public static Result unknown(Guest guest, LongSupplier nanoClock) throws UnfitGuestException {
    return new FixpointBenchmark(guest, nanoClock).run(List::of);
  }

  /**
   * Of a guest whose build is known.
   *
   * @throws UnfitGuestException if it is not, exactly
   */
  public static Result known(Guest guest, SignatureBook book, LongSupplier nanoClock)
      throws UnfitGuestException {
    Result result = new FixpointBenchmark(guest, nanoClock).run(book);
    if (result.verdict().identity().state() != Identity.State.EXACT) {
      throw new UnfitGuestException(
          "expected a guest whose build is known, found " + result.verdict().identity().state());
    }
    return result;
  }

  private Result run(SignatureBook book) throws UnfitGuestException {
    IntStream.range(0, WARM_UP_ROUNDS).forEach(round -> judge.judge(guest, book));
    double[] explore = new double[ROUNDS];
    double[] whole = new double[ROUNDS];
    Verdict last = null;
    for (int round = 0; round < ROUNDS; round++) {
      long start = nanoClock.getAsLong();
      last = judge.judge(guest, book);
      whole[round] = (nanoClock.getAsLong() - start) / NANOS;
      explore[round] = last.timings().exploreNanos() / NANOS;
    }
    if (last.trust() == TrustState.NOT_MEASURABLE) {
      throw new UnfitGuestException(String.join("; ", last.blindSpots()));
    }
    return new Result(last, median(explore), median(whole));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    java.util.Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
