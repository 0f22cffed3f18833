package io.plumbline.introspection.golden;

/**
 * A read-only table of code pointers that the build's code calls through by index.
 *
 * @param offset bytes from the signature's base to the first entry
 * @param targets where each entry leads, as bytes from the base; {@link #UNCHECKED} where
 *     known-good guests differ
 */
public record PointerTable(int offset, int[] targets) {
  /** An entry that says nothing. */
  public static final int UNCHECKED = Integer.MIN_VALUE;
}
