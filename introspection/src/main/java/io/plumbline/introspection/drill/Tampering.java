package io.plumbline.introspection.drill;

import io.plumbline.introspection.trust.Guest;
import java.util.List;

/**
 * A guest after a technique was made on its copy.
 *
 * @param tampered shares all that is not changed with the guest it was made of
 * @param expected everything that has to be reported of it, and not before
 */
public record Tampering(Guest tampered, List<Expected> expected) {
  public Tampering {
    expected = List.copyOf(expected);
  }
}
