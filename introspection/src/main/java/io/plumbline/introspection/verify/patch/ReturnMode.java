package io.plumbline.introspection.verify.patch;

/**
 * How this boot returns from functions.
 *
 * @param kind which sites jump to the thunk
 * @param thunk offset of the return thunk, meaningless for {@link Kind#PLAIN}
 */
public record ReturnMode(Kind kind, long thunk) {
  /** Which returns go through a thunk. */
  public enum Kind {
    /** None: RET and INT3. */
    PLAIN,
    /** All. */
    THUNK,
    /** Those in the lower half of a cache line (Indirect Target Selection). */
    THUNK_IN_LOWER_HALF
  }

  /** RET everywhere. */
  public static final ReturnMode PLAIN = new ReturnMode(Kind.PLAIN, 0);

  private static final int UPPER_HALF = 0x20;

  /** Whether a return at {@code address} jumps (cpu_wants_rethunk_at of alternative.c). */
  public boolean jumpsAt(long address) {
    return switch (kind) {
      case PLAIN -> false;
      case THUNK -> true;
      case THUNK_IN_LOWER_HALF -> (address & UPPER_HALF) == 0;
    };
  }
}
