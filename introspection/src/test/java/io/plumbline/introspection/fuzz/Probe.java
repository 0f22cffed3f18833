package io.plumbline.introspection.fuzz;

import java.util.List;

/**
 * Something in the core that looks at a guest, and the laws that it keeps whatever the guest is.
 */
interface Probe {
  /** What looks at every guest; a new walk through guest memory is added here. */
  List<Probe> ALL =
      List.of(
          PagingProbes.ROOTS,
          PagingProbes.EXECUTABLE_MEMORY,
          ReachProbes.KERNEL,
          ReachProbes.EXPLORATION,
          ReachProbes.FIXPOINT,
          ReachProbes.CONSULTED_FRAMES,
          VerdictProbes.VERDICT,
          VerdictProbes.IDENTITY);

  String name();

  /**
   * Looks, and throws an {@link AssertionError} where a law is broken.
   *
   * @param again whether to take the time for the laws that need a second look
   * @return what is worth counting: the bound that cut the look short, or the answer; empty if
   *     there is nothing to say
   */
  String look(HostileGuest guest, FuzzBounds bounds, boolean again);
}
