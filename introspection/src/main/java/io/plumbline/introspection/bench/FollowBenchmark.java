package io.plumbline.introspection.bench;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.identify.Identity;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.ExecutableRange;
import io.plumbline.introspection.paging.WalkBudget;
import io.plumbline.introspection.trust.FollowedGuest;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.LongSupplier;

/**
 * Measures, on one thread and in one run, what a verdict costs after one page of a known guest
 * changed, beside one from scratch; and holds some of these verdicts against ones from scratch.
 */
public final class FollowBenchmark {
  private static final int WARM_UP_ROUNDS = 8;
  private static final int SCRATCH_ROUNDS = 9;
  private static final double MICROS = 1e3;

  /** What changes. */
  public enum Change {
    /** One byte of a page of the kernel's text, to what it must not be; then back. */
    TEXT,
    /** One byte of a page that no verdict looks at. */
    UNUSED_DATA,
    /** What a running guest changed itself, registers included, from one capture to another. */
    ROUND,
    /**
     * The same of a guest that is followed lightly, as most of a fleet are; from scratch means from
     * what guests of its kind have in common then.
     */
    LIGHT_ROUND
  }

  /**
   * What came out for one kind of change.
   *
   * @param gibibytes that the guest was given besides its own memory
   * @param changes verdicts after a change
   * @param medianMicros of one
   * @param p90Micros of one
   * @param scratchMicros of a verdict from scratch, the median
   * @param compared verdicts that were held against one from scratch
   * @param different of them that were not the same
   */
  public record Result(
      Change change,
      int gibibytes,
      int changes,
      double medianMicros,
      double p90Micros,
      double scratchMicros,
      int compared,
      int different) {
    /** How many verdicts after a change cost what one from scratch does. */
    public double ratio() {
      return scratchMicros / medianMicros;
    }
  }

  /**
   * How much is measured.
   *
   * @param changes of each kind
   * @param compared of them, at most
   * @param seed of what changes
   */
  public record Extent(int changes, int compared, long seed) {}

  private final Guest guest;
  private final SignatureBook book;
  private final Extent extent;
  private final int gibibytes;
  private final LongSupplier nanoClock;
  private final KernelJudge judge;
  private final FollowedGuest followed;
  private final Random random;
  private final Map<Long, byte[]> written = new HashMap<>();
  private double scratchMicros;

  private FollowBenchmark(
      Guest guest, SignatureBook book, Extent extent, int gibibytes, LongSupplier nanoClock) {
    PageSource memory = guest.memory();
    this.guest =
        new Guest(
            guest.vmId(),
            frame ->
                written.containsKey(frame.value())
                    ? Optional.of(PageBytes.wrap(written.get(frame.value())))
                    : memory.read(frame),
            guest.vcpus());
    this.book = book;
    this.extent = extent;
    this.gibibytes = gibibytes;
    this.nanoClock = nanoClock;
    this.random = new Random(extent.seed());
    this.judge = judge(nanoClock);
    this.followed = new FollowedGuest(judge);
  }

  /**
   * Of a guest whose build is known.
   *
   * @param frames that it has, of which some change
   * @param gibibytes that it is given besides
   * @throws UnfitGuestException if its build is not known, exactly
   */
  public static List<Result> on(
      Guest guest,
      List<FrameNumber> frames,
      SignatureBook book,
      int gibibytes,
      Extent extent,
      LongSupplier nanoClock)
      throws UnfitGuestException {
    Guest grown = GrownGuest.of(guest, gibibytes);
    return new FollowBenchmark(grown, book, extent, gibibytes, nanoClock).run(frames);
  }

  /** From scratch means that nothing is known of guests of the same build either. */
  static KernelJudge judge(LongSupplier nanoClock) {
    return KernelJudge.exploringEachGuest(JudgeSettings.WITHOUT_TEXT, nanoClock);
  }

  private List<Result> run(List<FrameNumber> frames) throws UnfitGuestException {
    Verdict first = followed.judge(guest, book);
    if (first.identity().state() != Identity.State.EXACT) {
      throw new UnfitGuestException(
          "expected a guest whose build is known, found " + first.identity().state());
    }
    List<FrameNumber> text = text();
    for (int round = 0; round < WARM_UP_ROUNDS; round++) {
      followed.judge(guest, book);
      measure(Change.TEXT, text, extent.changes() / 2, 0);
    }
    double[] scratch = new double[SCRATCH_ROUNDS];
    for (int round = 0; round < SCRATCH_ROUNDS; round++) {
      long start = nanoClock.getAsLong();
      followed.judge(guest, book);
      scratch[round] = (nanoClock.getAsLong() - start) / MICROS;
    }
    Arrays.sort(scratch);
    scratchMicros = scratch[SCRATCH_ROUNDS / 2];
    return List.of(
        measure(Change.TEXT, text, extent.changes(), extent.compared()),
        measure(Change.UNUSED_DATA, unused(frames), extent.changes(), extent.compared()));
  }

  private List<FrameNumber> text() {
    List<FrameNumber> text = new ArrayList<>();
    AddressSpace space = AddressSpace.asMade(guest.vcpus().get(0), guest.memory());
    ExecutableRange largest = null;
    for (ExecutableRange range : space.executableMemory(WalkBudget.STANDARD).kernelRanges()) {
      largest = largest == null || range.length() > largest.length() ? range : largest;
    }
    if (largest != null) {
      largest.forEachPage((address, frame) -> text.add(new FrameNumber(frame)));
    }
    return text;
  }

  /** Frames of which a changed byte leaves the verdict as it is. */
  private List<FrameNumber> unused(List<FrameNumber> frames) {
    List<FrameNumber> unused = new ArrayList<>();
    for (int tries = 0; tries < 2 * extent.changes() && unused.size() < extent.changes(); tries++) {
      FrameNumber frame = frames.get(random.nextInt(frames.size()));
      change(frame);
      followed.follow(guest, List.of(frame), book);
      if (followed.way() == FollowedGuest.Way.SAME) {
        unused.add(frame);
      }
      written.clear();
      followed.follow(guest, List.of(frame), book);
    }
    return unused;
  }

  private void change(FrameNumber frame) {
    byte[] page = guest.memory().read(frame).orElseThrow().toByteArray();
    page[random.nextInt(page.length)] ^= (byte) (1 + random.nextInt(255));
    written.put(frame.value(), page);
  }

  private Result measure(Change change, List<FrameNumber> frames, int changes, int compared) {
    double[] micros = new double[changes];
    int held = 0;
    int different = 0;
    FrameNumber last = null;
    for (int i = 0; i < changes; i++) {
      if (last == null) {
        last = frames.get(random.nextInt(frames.size()));
        change(last);
      } else {
        written.clear();
      }
      long start = nanoClock.getAsLong();
      Verdict verdict = followed.follow(guest, List.of(last), book);
      micros[i] = (nanoClock.getAsLong() - start) / MICROS;
      if (held < compared && i % Math.max(1, changes / compared) == 0) {
        held++;
        different += isSame(verdict, judge.judge(guest, book)) ? 0 : 1;
      }
      last = written.isEmpty() ? null : last;
    }
    if (!written.isEmpty()) {
      written.clear();
      followed.follow(guest, List.of(last), book);
    }
    Arrays.sort(micros);
    return new Result(
        change,
        gibibytes,
        changes,
        micros[changes / 2],
        micros[changes * 9 / 10],
        scratchMicros,
        held,
        different);
  }

  /** All but the timings. */
  static boolean isSame(Verdict one, Verdict other) {
    return one.identity().equals(other.identity())
        && one.coverage().equals(other.coverage())
        && one.trust() == other.trust()
        && one.findings().equals(other.findings())
        && one.blindSpots().equals(other.blindSpots());
  }
}
