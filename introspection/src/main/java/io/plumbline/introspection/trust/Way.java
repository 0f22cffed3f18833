package io.plumbline.introspection.trust;

import java.util.List;

/**
 * How the hardware gets to a place.
 *
 * @param vcpu 0-based, whose root leads there
 * @param path from the hardware root, the place last; the place alone if no flow was seen
 */
public record Way(int vcpu, List<String> path) {
  public Way {
    path = List.copyOf(path);
  }
}
