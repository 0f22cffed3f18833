package io.plumbline.introspection.verify.patch;

import java.util.OptionalLong;

/**
 * The kernel's table of waiting futexes, told by what it is: 7.3 writes its address into code and
 * frees the variable that held it (kernel/futex/core.c, __futex_data is init data). The pointer
 * leads to one pointer for each node, that to buckets in which a list begins.
 */
final class FutexQueues {
  /** sizeof(struct futex_hash_bucket), which is aligned to a cache line. */
  private static final int BUCKET = 64;

  /** Offset of the list in a bucket: behind the waiters' count and the lock. */
  private static final int LIST = 8;

  private static final int PREVIOUS = 8;

  /** Buckets that are looked at; a kernel makes 256 for each processor. */
  private static final int BUCKETS = 16;

  private FutexQueues() {}

  /** Whether {@code address} leads to buckets whose lists lead back to them. */
  static boolean liesAt(Rewriting text, long address) {
    OptionalLong buckets = text.constantWordAt(address);
    if (buckets.isEmpty() || buckets.getAsLong() >= 0 || buckets.getAsLong() % BUCKET != 0) {
      return false;
    }
    for (int i = 0; i < BUCKETS; i++) {
      if (!isList(text, buckets.getAsLong() + (long) i * BUCKET + LIST)) {
        return false;
      }
    }
    return true;
  }

  /** The next member's previous one, and the previous one's next, are the head itself. */
  private static boolean isList(Rewriting text, long head) {
    OptionalLong next = text.constantWordAt(head);
    OptionalLong previous = text.constantWordAt(head + PREVIOUS);
    return next.isPresent()
        && previous.isPresent()
        && leadsTo(text, next.getAsLong() + PREVIOUS, head)
        && leadsTo(text, previous.getAsLong(), head);
  }

  private static boolean leadsTo(Rewriting text, long pointer, long target) {
    OptionalLong word = text.constantWordAt(pointer);
    return word.isPresent() && word.getAsLong() == target;
  }
}
