package io.plumbline.introspection.reach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** What is packed is what it was when it is unpacked. */
class PagePackingTest {
  private record Edge(int target, long key, int site) {}

  @RepeatedTest(50)
  void edgesAreWhatTheyWereWhateverThePageOfTheKindHas(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    ReachEdges known = new ReachEdges();
    int count = random.nextInt(60);
    for (int i = 0; i < count; i++) {
      known.add(1000 - 7 * i, key(random), random.nextInt(4096));
    }
    ReachEdges edges = new ReachEdges();
    for (int i = 0; i < known.size(); i++) {
      if (random.nextInt(4) > 0) {
        long key = random.nextInt(8) > 0 ? known.key(i) : key(random);
        edges.add(known.target(i), key, known.site(i));
      }
      if (random.nextInt(8) == 0) {
        edges.add(random.nextInt(1 << 20), key(random), random.nextInt(4096));
      }
    }

    assertThat(edges(again(edges, known, false)))
        .as("seed %s", repetition.getCurrentRepetition())
        .isEqualTo(edges(edges));
    assertThat(targets(again(edges, known, true))).isEqualTo(targets(edges));
  }

  private static long key(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> ReachKey.UNREACHED;
      case 1 -> ReachKey.deepened(ReachKey.called(random.nextInt(100)));
      case 2 -> ReachKey.at(ReachStep.HEAP, random.nextInt(1 << 20));
      default -> ReachKey.called(ReachKey.ROOT);
    };
  }

  private static ReachEdges again(ReachEdges edges, ReachEdges known, boolean plain) {
    ReachEdges like = plain ? plain(known) : known;
    NumberWriter out = new NumberWriter();
    new EdgePacking(plain ? plain(edges) : edges, like, plain).put(out);
    return EdgePacking.read(new NumberReader(out.take()), like, plain);
  }

  private static ReachEdges plain(ReachEdges edges) {
    ReachEdges plain = new ReachEdges(edges.size());
    for (int i = 0; i < edges.size(); i++) {
      plain.add(edges.target(i), 0, 0);
    }
    return plain;
  }

  private static List<Edge> edges(ReachEdges edges) {
    List<Edge> all = new ArrayList<>();
    for (int i = 0; i < edges.size(); i++) {
      all.add(new Edge(edges.target(i), edges.key(i), edges.site(i)));
    }
    return all;
  }

  private static List<Integer> targets(ReachEdges edges) {
    return edges(edges).stream().map(Edge::target).toList();
  }

  @Test
  void numbersAreWhatTheyWere() {
    long[] numbers = {0, 1, -1, 127, 128, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 56};
    NumberWriter out = new NumberWriter();
    for (long number : numbers) {
      out.put(number);
      out.putSigned(number);
    }
    NumberReader in = new NumberReader(out.take());
    for (long number : numbers) {
      assertThat(in.next()).isEqualTo(number);
      assertThat(in.nextSigned()).isEqualTo(number);
    }
  }

  @RepeatedTest(50)
  void bitsAreWhatTheyWere(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    long[] bits = new long[8];
    int runs = random.nextInt(120);
    for (int run = 0; run < runs; run++) {
      int from = random.nextInt(512);
      int to = Math.min(512, from + random.nextInt(40));
      boolean set = random.nextBoolean();
      for (int bit = from; bit < to; bit++) {
        bits[bit / 64] = set ? bits[bit / 64] | 1L << bit : bits[bit / 64] & ~(1L << bit);
      }
    }
    NumberWriter out = new NumberWriter();
    out.putBits(bits);
    out.put(5);
    NumberReader in = new NumberReader(out.take());
    long[] again = new long[8];
    in.nextBits(again);

    assertThat(again).as("seed %s", repetition.getCurrentRepetition()).isEqualTo(bits);
    assertThat(in.next()).isEqualTo(5);
  }

  @Test
  void bitsOfAllOrNoneAreFewBytes() {
    NumberWriter out = new NumberWriter();
    long[] all = new long[64];
    Arrays.fill(all, -1);
    out.putBits(all);
    out.putBits(new long[64]);
    byte[] packed = out.take();
    long[] again = new long[64];
    new NumberReader(packed).nextBits(again);

    assertThat(packed.length).isLessThan(8);
    assertThat(again).isEqualTo(all);
  }
}
