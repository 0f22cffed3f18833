package io.plumbline.introspection.reach;

/** Who is told where a page leads. */
@FunctionalInterface
interface ReachSink {
  /**
   * The page leads to a node.
   *
   * @param key that the node has this way
   * @param site offset in the page of the instruction or pointer
   */
  void leads(int node, long key, int site);
}
