package io.plumbline.introspection.bench;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.trust.FollowedGuest;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.Verdict;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Measures what a verdict costs after a round of a running guest, on one thread: everything that
 * differs between two captures of it changes, to and fro.
 */
public final class RoundBenchmark {
  private static final int WARM_UP = 60;
  private static final int SCRATCH_ROUNDS = 9;
  private static final double MICROS = 1e3;

  private final Guest guest;
  private final Guest later;
  private final List<FrameNumber> changed;
  private final SignatureBook book;
  private final FollowBenchmark.Extent extent;
  private final LongSupplier nanoClock;

  private RoundBenchmark(
      Guest guest,
      Guest later,
      Collection<FrameNumber> frames,
      SignatureBook book,
      FollowBenchmark.Extent extent,
      LongSupplier nanoClock) {
    this.guest = guest;
    this.later = new Guest(guest.vmId(), later.memory(), later.vcpus());
    this.changed =
        frames.stream()
            .filter(frame -> !isSame(guest.memory().read(frame), later.memory().read(frame)))
            .toList();
    this.book = book;
    this.extent = extent;
    this.nanoClock = nanoClock;
  }

  /**
   * Measures a guest of which everything is kept, and one that is followed lightly, whose kind is
   * known.
   *
   * @param guest at the first capture
   * @param later the same guest at another
   * @param frames that either has
   * @throws UnfitGuestException if the guest was not followed, but looked at from scratch
   */
  public static List<FollowBenchmark.Result> on(
      Guest guest,
      Guest later,
      Collection<FrameNumber> frames,
      SignatureBook book,
      FollowBenchmark.Extent extent,
      LongSupplier nanoClock)
      throws UnfitGuestException {
    RoundBenchmark rounds = new RoundBenchmark(guest, later, frames, book, extent, nanoClock);
    KernelJudge alone = FollowBenchmark.judge(nanoClock);
    KernelJudge oneOfMany = new KernelJudge(JudgeSettings.WITHOUT_TEXT, nanoClock);
    return List.of(
        rounds.measure(FollowBenchmark.Change.ROUND, alone, new FollowedGuest(alone)),
        rounds.measure(FollowBenchmark.Change.LIGHT_ROUND, oneOfMany, oneOfMany.lightFollower()));
  }

  private FollowBenchmark.Result measure(
      FollowBenchmark.Change change, KernelJudge judge, FollowedGuest followed)
      throws UnfitGuestException {
    double[] scratch = new double[SCRATCH_ROUNDS];
    for (int i = -SCRATCH_ROUNDS; i < SCRATCH_ROUNDS; i++) {
      long start = nanoClock.getAsLong();
      followed.judge(guest, book);
      scratch[Math.max(0, i)] = (nanoClock.getAsLong() - start) / MICROS;
    }
    double[] micros = new double[extent.changes()];
    int held = 0;
    int different = 0;
    for (int i = -WARM_UP; i < micros.length; i++) {
      Guest now = i % 2 == 0 ? later : guest;
      long start = nanoClock.getAsLong();
      Verdict verdict = followed.follow(now, changed, book);
      micros[Math.max(0, i)] = (nanoClock.getAsLong() - start) / MICROS;
      if (followed.way() == FollowedGuest.Way.FROM_SCRATCH) {
        throw new UnfitGuestException(
            "expected captures of one guest that can be followed, found one that is looked at from"
                + " scratch after "
                + changed.size()
                + " frames changed");
      }
      if (i >= 0 && held < extent.compared()) {
        held++;
        different += FollowBenchmark.isSame(verdict, judge.judge(now, book)) ? 0 : 1;
      }
    }
    Arrays.sort(scratch);
    Arrays.sort(micros);
    return new FollowBenchmark.Result(
        change,
        0,
        micros.length,
        micros[micros.length / 2],
        micros[micros.length * 9 / 10],
        scratch[SCRATCH_ROUNDS / 2],
        held,
        different);
  }

  private static boolean isSame(Optional<PageBytes> one, Optional<PageBytes> other) {
    return one.isPresent() == other.isPresent()
        && (one.isEmpty() || one.get().contentEquals(other.get()));
  }
}
