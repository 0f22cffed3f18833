package io.plumbline.introspection.identify;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.image.ImageOutline;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Builds by how many functions of one entry's closure they lack, by digests alone.
 *
 * <p>Of all builds first a sixteenth of the digests is asked, which lies in memory. Only of those
 * that can still be the nearest all digests are, which may have to be read.
 */
public final class Shortlist {
  /** Builds of which all digests are asked, even if none of the others is close behind. */
  private static final int LEAST_FINALISTS = 4;

  /** Builds of which all digests are asked at most: more that are as close are told by name. */
  private static final int MOST_FINALISTS = 16;

  private record Sketched(KernelSignature signature, int unknown) {}

  private Shortlist() {}

  /**
   * The nearest of {@code signatures}; empty if there are none.
   *
   * @param closure digests of the functions that an entry leads to
   */
  public static Optional<Match> nearest(long[] closure, Collection<KernelSignature> signatures) {
    return of(closure, signatures).stream().findFirst();
  }

  /**
   * The nearest few of {@code signatures}, the nearest first.
   *
   * @param closure digests of the functions that an entry leads to
   */
  public static List<Match> of(long[] closure, Collection<KernelSignature> signatures) {
    long[] ascending = closure.clone();
    Arrays.sort(ascending);
    long[] sampled = Arrays.stream(ascending).filter(ImageOutline::keeps).toArray();
    List<Sketched> sketched =
        signatures.stream()
            .map(signature -> new Sketched(signature, Match.unknown(sampled, sketch(signature))))
            .sorted(
                Comparator.comparingInt(Sketched::unknown)
                    .thenComparing(each -> each.signature().name().build())
                    .thenComparing(each -> each.signature().id().value()))
            .toList();
    int finalists = finalists(sketched);
    return sketched.stream()
        .limit(finalists)
        .map(each -> Match.byDigests(ascending, each.signature()))
        .sorted(Match.NEAREST_FIRST)
        .toList();
  }

  /** A build's digests, or the sample of them that its outline keeps. */
  private static long[] sketch(KernelSignature signature) {
    return signature instanceof PackageSignature packaged
        ? packaged.outline().map(ImageOutline::digests).orElseGet(packaged::functionDigests)
        : signature.functionDigests();
  }

  /** All whose sample is within three standard deviations of the best one's. */
  private static int finalists(List<Sketched> sketched) {
    if (sketched.isEmpty()) {
      return 0;
    }
    int best = sketched.get(0).unknown();
    double furthest = best + 3 * Math.sqrt(best + 1.0);
    int close = (int) sketched.stream().filter(each -> each.unknown() <= furthest).count();
    return Math.min(Math.max(close, LEAST_FINALISTS), MOST_FINALISTS);
  }
}
