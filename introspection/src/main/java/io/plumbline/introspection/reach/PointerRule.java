package io.plumbline.introspection.reach;

/** Checks pointers before a {@link Fixpoint} follows them, and says where pieces of data end. */
public interface PointerRule {
  /** What a pointer into executable memory leads to. */
  enum Target {
    /** A function's beginning, which may be followed. */
    FUNCTION,
    /** Code that nothing has to begin at: an address that was saved, a label. */
    INSIDE,
    /** Memory that no trusted code lies in. */
    FOREIGN
  }

  /** What lies at an address of executable memory. */
  Target check(long address);

  /** First byte of the piece of static data that holds {@code address}. */
  long startOf(long address);

  /** The byte after the last of the piece of static data that holds {@code address}. */
  long endOf(long address);
}
