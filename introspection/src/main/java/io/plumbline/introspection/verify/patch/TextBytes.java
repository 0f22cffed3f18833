package io.plumbline.introspection.verify.patch;

/**
 * The bytes of one guest's text, in the layout's places: those that it should hold, as they are
 * rewritten, and those that it holds. They may be put there only when somebody asks.
 */
public interface TextBytes {
  /**
   * An array in which the bytes that should be there between two places lie at their places. What
   * lies elsewhere in it means nothing. They are rewritten in it.
   *
   * @param from place of the first byte
   * @param to place after the last one
   */
  byte[] expected(int from, int to);

  /** The same of the bytes that are there, as far as they are verified. */
  byte[] guest(int from, int to);

  /** Bytes that lie in arrays from the beginning. */
  record Whole(byte[] expected, byte[] guest) implements TextBytes {
    @Override
    public byte[] expected(int from, int to) {
      return expected;
    }

    @Override
    public byte[] guest(int from, int to) {
      return guest;
    }
  }
}
