package io.plumbline.introspection.bench;

import io.plumbline.introspection.code.CapstoneText;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.identify.EntryClosure;
import io.plumbline.introspection.identify.Identification;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.CodeRegion;
import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * Measures the core on one guest, on one thread: decoder, traversal and Capstone as rates, and the
 * phases of a guest never seen before in seconds.
 *
 * <p>Everything is done once a round, one thing after the other, so that whatever else the machine
 * does falls on all of them; ratios are taken within a round and the median counts. Rounds before
 * the first measured one warm up the compiler.
 */
public final class TraversalBenchmark {
  /** What Capstone needs half a second for. */
  private static final int MOST_SWEPT_BYTES = 1 << 20;

  /** One pass of the decoder is too short for the clocks of virtual machines. */
  private static final int DECODER_PASSES = 8;

  private static final int WARM_UP_ROUNDS = 5;
  private static final int LEAST_ROUNDS = 3;
  private static final int MOST_ROUNDS = 25;
  private static final double NANOS = 1e9;

  private final Guest guest;
  private final SignatureBook book;
  private final LongSupplier nanoClock;
  private final ExplorationBudget budget = ExplorationBudget.STANDARD;
  private final KernelJudge judge;

  private TraversalBenchmark(Guest guest, SignatureBook book, LongSupplier nanoClock) {
    this.guest = guest;
    this.book = book;
    this.nanoClock = nanoClock;
    JudgeSettings settings = new JudgeSettings(budget, OptionalInt.empty(), false);
    this.judge = new KernelJudge(settings, nanoClock);
  }

  /**
   * Runs until {@code nanos} have passed by the clock, at least three measured rounds and at most
   * 25.
   *
   * @param book for identification and verification; may be empty, and then they take no time
   * @throws UnfitGuestException if the guest's kernel cannot be seen, or has no gate to begin at
   */
  public static BenchmarkResult on(
      Guest guest, SignatureBook book, LongSupplier nanoClock, long nanos)
      throws UnfitGuestException {
    return new TraversalBenchmark(guest, book, nanoClock).run(nanos);
  }

  private record Round(
      double decoder,
      double exploration,
      double traversal,
      double capstone,
      long entryInstructions,
      long rootInstructions,
      BenchmarkResult.Phases phases) {}

  private BenchmarkResult run(long nanos) throws UnfitGuestException {
    GuestKernel kernel = kernel();
    byte[] text = text(kernel);
    try (Capstone capstone = new Capstone(CapstoneText.open(kernel.mode()))) {
      long end = nanoClock.getAsLong() + nanos;
      for (int i = 0; i < WARM_UP_ROUNDS; i++) {
        round(text, capstone);
      }
      Round[] rounds = new Round[MOST_ROUNDS];
      int count = 0;
      while (count < LEAST_ROUNDS || (count < MOST_ROUNDS && nanoClock.getAsLong() - end < 0)) {
        rounds[count++] = round(text, capstone);
      }
      return medians(Arrays.copyOf(rounds, count), text.length, capstone.there());
    }
  }

  private Round round(byte[] text, Capstone capstone) throws UnfitGuestException {
    long start = nanoClock.getAsLong();
    final GuestKernel kernel = kernel();
    final double read = since(start);
    int vector = vector(kernel);
    GuestVirtualAddress handler = kernel.handler(vector).orElseThrow();

    start = nanoClock.getAsLong();
    final EntryClosure closure =
        EntryClosure.of(vector, handler, kernel.code(), kernel.mode(), budget);
    final double entryClosure = since(start);

    start = nanoClock.getAsLong();
    Exploration all = Exploration.from(kernel.entries(), kernel.code(), kernel.mode(), budget);
    final double explore = since(start);
    start = nanoClock.getAsLong();
    all.measure();
    final double allRoots = explore + since(start);

    start = nanoClock.getAsLong();
    Identification.of(closure, book);
    final double identify = since(start);
    final double verify = judge.judge(guest, book).timings().verifyNanos() / NANOS;

    start = nanoClock.getAsLong();
    long decoded = 0;
    for (int pass = 0; pass < DECODER_PASSES; pass++) {
      decoded += sweep(InstructionDecoder.forMode(kernel.mode()), text);
    }
    final double decoder = decoded / since(start);

    start = nanoClock.getAsLong();
    final double yardstick = capstone.count(text) / since(start);
    return new Round(
        decoder,
        all.instructions() / explore,
        all.instructions() / allRoots,
        yardstick,
        closure.exploration().instructions(),
        all.instructions(),
        new BenchmarkResult.Phases(read, entryClosure, allRoots, identify, verify));
  }

  /** The same sweep as {@link CapstoneText#countInstructions}: one byte on where there is none. */
  private static long sweep(InstructionDecoder decoder, byte[] text) {
    long count = 0;
    int at = 0;
    while (at < text.length) {
      int length = Instruction.length(decoder.decode(text, at, text.length));
      count += length == 0 ? 0 : 1;
      at += Math.max(1, length);
    }
    return count;
  }

  private static BenchmarkResult medians(Round[] rounds, int bytes, boolean capstone) {
    return new BenchmarkResult(
        rounds.length,
        bytes,
        median(rounds, Round::decoder),
        median(rounds, Round::exploration),
        median(rounds, Round::traversal),
        Capstone.onlyIf(capstone, median(rounds, Round::capstone)),
        Capstone.onlyIf(capstone, median(rounds, round -> round.decoder / round.capstone)),
        Capstone.onlyIf(capstone, median(rounds, round -> round.exploration / round.capstone)),
        Capstone.onlyIf(capstone, median(rounds, round -> round.traversal / round.capstone)),
        rounds[0].entryInstructions,
        rounds[0].rootInstructions,
        new BenchmarkResult.Phases(
            median(rounds, round -> round.phases.read()),
            median(rounds, round -> round.phases.entryClosure()),
            median(rounds, round -> round.phases.allRoots()),
            median(rounds, round -> round.phases.identify()),
            median(rounds, round -> round.phases.verify())));
  }

  private static double median(Round[] rounds, ToDoubleFunction<Round> quantity) {
    double[] values = Arrays.stream(rounds).mapToDouble(quantity).sorted().toArray();
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }

  private double since(long start) {
    return Math.max(1, nanoClock.getAsLong() - start) / NANOS;
  }

  private GuestKernel kernel() throws UnfitGuestException {
    GuestKernel.Sight sight = GuestKernel.of(guest.memory(), guest.vcpus(), budget);
    return sight.kernel().orElseThrow(() -> new UnfitGuestException(sight.reason()));
  }

  /** The first vector with a gate that leads to readable code. */
  private static int vector(GuestKernel kernel) throws UnfitGuestException {
    for (int vector = 0; vector < 256; vector++) {
      Optional<GuestVirtualAddress> handler = kernel.handler(vector);
      if (handler.isPresent() && kernel.code().regionAt(handler.get().value()).isPresent()) {
        return vector;
      }
    }
    throw new UnfitGuestException("expected an IDT gate that leads to readable code, found none");
  }

  private static byte[] text(GuestKernel kernel) throws UnfitGuestException {
    long handler = kernel.handler(vector(kernel)).orElseThrow().value();
    CodeRegion region = kernel.code().regionAt(handler).orElseThrow();
    return Arrays.copyOf(region.bytes(), Math.min(region.length(), MOST_SWEPT_BYTES));
  }
}
