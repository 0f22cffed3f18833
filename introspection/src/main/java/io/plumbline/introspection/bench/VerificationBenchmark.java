package io.plumbline.introspection.bench;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.trust.Verdict;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.ImageVerifier;
import io.plumbline.introspection.verify.image.OtherCode;
import io.plumbline.introspection.verify.image.Workspace;
import io.plumbline.introspection.verify.patch.SiteIndex;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Measures, on one thread, what it costs to hold every byte of a guest's text and read-only data
 * against its kernel's package, beside {@code Arrays.mismatch} over the same bytes in the same
 * round, which no comparison can beat.
 */
public final class VerificationBenchmark {
  private static final int WARM_UP_ROUNDS = 10;
  private static final int LEAST_ROUNDS = 5;
  private static final int MOST_ROUNDS = 200;

  /** Several, because the heap's use is only known to some ten kilobytes. */
  private static final int VERDICTS_KEPT = 16;

  private static final double NANOS = 1e9;

  private final Guest guest;
  private final SignatureBook book;
  private final LongSupplier nanoClock;
  private final KernelJudge judge;
  private final Workspace workspace = new Workspace();

  private VerificationBenchmark(Guest guest, SignatureBook book, LongSupplier nanoClock) {
    this.guest = guest;
    this.book = book;
    this.nanoClock = nanoClock;
    this.judge = new KernelJudge(JudgeSettings.WITHOUT_TEXT, nanoClock);
  }

  /**
   * Runs until {@code nanos} have passed by the clock, at least five measured rounds.
   *
   * @param signature makes the signature of the kernel that the guest runs, which is measured too
   * @throws UnfitGuestException if the guest's kernel cannot be seen, is another one or not clean
   */
  public static VerificationResult on(
      Guest guest, Supplier<PackageSignature> signature, LongSupplier nanoClock, long nanos)
      throws UnfitGuestException {
    long before = usedHeap();
    PackageSignature made = signature.get();
    long start = nanoClock.getAsLong();
    ImageVerifier verifier = new ImageVerifier(made.image());
    double prepare = (nanoClock.getAsLong() - start) / NANOS;
    long shared = usedHeap() - before;
    return new VerificationBenchmark(guest, () -> List.of(made), nanoClock)
        .run(verifier, prepare, shared, nanos);
  }

  private record Round(double verify, double mismatch, double verdict) {}

  private VerificationResult run(ImageVerifier verifier, double prepare, long shared, long nanos)
      throws UnfitGuestException {
    long end = nanoClock.getAsLong() + nanos;
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      round(verifier);
    }
    List<Round> rounds = new ArrayList<>();
    while (rounds.size() < LEAST_ROUNDS
        || (rounds.size() < MOST_ROUNDS && nanoClock.getAsLong() - end < 0)) {
      rounds.add(round(verifier));
    }
    return new VerificationResult(
        rounds.size(),
        verifier.layout().verifiedBytes(),
        verifier.rules().indexes().stream().mapToInt(SiteIndex::size).sum(),
        median(rounds, Round::mismatch),
        median(rounds, Round::verify),
        median(rounds, round -> round.verify / round.mismatch),
        median(rounds, Round::verdict),
        prepare,
        shared,
        verdictBytes());
  }

  private Round round(ImageVerifier verifier) throws UnfitGuestException {
    GuestKernel.Sight sight =
        GuestKernel.of(guest.memory(), guest.vcpus(), ExplorationBudget.STANDARD);
    GuestKernel kernel = sight.kernel().orElseThrow(() -> new UnfitGuestException(sight.reason()));
    OptionalLong slide = verifier.slide(kernel.roots(), kernel.space());
    if (slide.isEmpty()) {
      throw new UnfitGuestException(
          "expected a guest of " + verifier.layout().image().name().build() + ", found another");
    }
    long start = nanoClock.getAsLong();
    ImageVerification seen =
        verifier.verify(
            slide.getAsLong(),
            kernel.space(),
            guest.memory(),
            kernel.executable(),
            OtherCode.NONE,
            workspace);
    final double verify = since(start);
    if (!seen.explainsEveryByte()) {
      throw new UnfitGuestException(
          "expected a clean guest, found " + seen.unexplainedBytes() + " unexplained bytes");
    }
    start = nanoClock.getAsLong();
    int different =
        Arrays.mismatch(
            workspace.expected(),
            0,
            verifier.layout().verifiedBytes(),
            workspace.guest(),
            0,
            verifier.layout().verifiedBytes());
    final double mismatch = since(start);
    if (different >= 0) {
      throw new UnfitGuestException("explained bytes differ at place " + different);
    }
    start = nanoClock.getAsLong();
    judge.judge(guest, book);
    return new Round(verify, mismatch, since(start));
  }

  private long verdictBytes() {
    judge.judge(guest, book);
    long before = usedHeap();
    List<Verdict> kept = new ArrayList<>();
    for (int i = 0; i < VERDICTS_KEPT; i++) {
      kept.add(judge.judge(guest, book));
    }
    return Math.max(0, (usedHeap() - before) / kept.size());
  }

  private double since(long start) {
    return Math.max(1, nanoClock.getAsLong() - start) / NANOS;
  }

  private static double median(List<Round> rounds, ToDoubleFunction<Round> quantity) {
    double[] values = rounds.stream().mapToDouble(quantity).sorted().toArray();
    return values[values.length / 2];
  }

  /** What is reachable: the collector has run before it is asked. */
  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
