package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * Arrays that one thread reads code into again that was given back, for one guest after the other:
 * one for its largest region, one for the next, and so on, so that all guests need about the same.
 */
final class CodeScratch {
  private static final ThreadLocal<CodeScratch> OF_THREAD = new ThreadLocal<>();

  /** Bytes that a thread keeps between rounds: several times the code of a large kernel. */
  private static final long MOST_KEPT = 64 << 20;

  private final List<byte[]> arrays = new ArrayList<>();

  /** The pages of each array that hold what the guest has there. */
  private final List<BitSet> filled = new ArrayList<>();

  /** Empty while nobody has the arrays. */
  private Optional<PageSource> guest = Optional.empty();

  private CodeScratch() {}

  /**
   * Takes the thread's, in which nothing is filled.
   *
   * @param guest as it is now
   * @throws IllegalStateException if somebody has it
   */
  static CodeScratch take(PageSource guest) {
    CodeScratch scratch = OF_THREAD.get();
    if (scratch == null) {
      scratch = new CodeScratch();
      OF_THREAD.set(scratch);
    }
    if (scratch.guest.isPresent()) {
      throw new IllegalStateException("code of another guest is being read again in this thread");
    }
    scratch.guest = Optional.of(guest);
    return scratch;
  }

  /** Whose code is read. */
  PageSource guest() {
    return guest.orElseThrow();
  }

  /** The array for a region, the same until it is released. */
  byte[] array(int place, int bytes) {
    while (arrays.size() <= place) {
      arrays.add(new byte[0]);
      filled.add(new BitSet());
    }
    if (arrays.get(place).length < bytes) {
      arrays.set(place, new byte[bytes]);
    }
    return arrays.get(place);
  }

  /** The pages of an array that hold what the guest has there. */
  BitSet filled(int place) {
    return filled.get(place);
  }

  /** Leaves it to the next. */
  void release() {
    guest = Optional.empty();
    filled.forEach(BitSet::clear);
    if (arrays.stream().mapToLong(array -> array.length).sum() > MOST_KEPT) {
      arrays.clear();
      filled.clear();
    }
  }
}
