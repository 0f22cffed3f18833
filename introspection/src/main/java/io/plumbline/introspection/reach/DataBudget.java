package io.plumbline.introspection.reach;

/**
 * Bounds of the walk through a guest's data, which a hostile guest can exhaust only for itself and
 * which show in the result.
 *
 * @param pages pages of data that are looked at
 * @param objects pieces of data that are looked through
 * @param objectBytes of one piece of the kernel's own data whose end is not known
 * @param heapBytes of one piece that was allocated at run time, from the address that leads there
 * @param heapDepth such pieces on one way from the hardware's roots, 0 to 7
 */
public record DataBudget(int pages, int objects, int objectBytes, int heapBytes, int heapDepth) {
  /** Several times what the largest stock kernel needs. */
  public static final DataBudget STANDARD = new DataBudget(1 << 17, 1 << 19, 1 << 10, 512, 4);

  public DataBudget {
    if (heapDepth < 0 || heapDepth > ReachKey.MOST_DEPTH) {
      throw new IllegalArgumentException(
          "heapDepth: expected 0 to " + ReachKey.MOST_DEPTH + ", found " + heapDepth);
    }
  }
}
