package io.plumbline.introspection.reach;

/**
 * Bounds of the walk through a guest's data, which a hostile guest can exhaust only for itself and
 * which show in the result.
 *
 * @param pages pages of data that are looked at
 * @param objects pieces of data that are looked through
 * @param objectBytes of one piece of the kernel's own data whose end is not known
 * @param heapBytes of one piece that was allocated at run time, from the address that leads there
 * @param heapDepth such pieces in a row, from the kernel's own data on
 */
public record DataBudget(int pages, int objects, int objectBytes, int heapBytes, int heapDepth) {
  /** Several times what the largest stock kernel needs. */
  public static final DataBudget STANDARD = new DataBudget(1 << 17, 1 << 19, 1 << 10, 512, 4);
}
