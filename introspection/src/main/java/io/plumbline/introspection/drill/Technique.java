package io.plumbline.introspection.drill;

import java.util.Optional;

/** One way in which rootkits change a kernel. */
public interface Technique {
  /** Stable, in lower case with hyphens. */
  String name();

  /** What kind of thing it changes. */
  String theme();

  /** How it is made, in one sentence. */
  String how();

  /** Why it cannot be made on this guest; empty if it can. Leaves the scene as it is. */
  Optional<String> whyNot(Scene scene);

  /**
   * Makes it.
   *
   * @param scene that nothing was made in yet, and for which {@link #whyNot} is empty
   */
  Tampering apply(Scene scene);
}
