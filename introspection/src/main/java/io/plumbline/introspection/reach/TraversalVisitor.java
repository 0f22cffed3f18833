package io.plumbline.introspection.reach;

/** Who watches a traversal, and may hold it back. */
interface TraversalVisitor {
  /**
   * An instruction is about to be followed.
   *
   * @param offset of the instruction in {@code region}
   * @param instruction as {@link io.plumbline.introspection.code.Instruction} packs it
   * @param function the entry of the function that the traversal came through
   * @return false to end this path here
   */
  boolean admit(CodeRegion region, int offset, long instruction, long function);

  /**
   * An admitted instruction reads a pointer out of a table by index.
   *
   * @param table linear address of the table's first entry
   * @param site address of the instruction
   */
  void usesTable(long table, long site, long function);

  /**
   * Control flow leads to bytes that are no instruction.
   *
   * @param offset of the first of them in {@code region}
   */
  void undecodable(CodeRegion region, int offset, long function);

  /** Control flow leads to {@code target}, which is not readable executable memory. */
  void leavesMemory(long target, long site, long function);
}
