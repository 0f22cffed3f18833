package io.plumbline.introspection.trust;

import java.util.Locale;

/** The one-word verdict on a guest's kernel. Only {@link #TRUSTED} says that all is well. */
public enum TrustState {
  /** The build is known and everything that was looked at is as it should be. */
  TRUSTED,
  /** At least one violation was found. */
  VIOLATED,
  /** No violation, but something is not known: the build, a page, a root. */
  UNDECIDED,
  /** Nothing can be said: no readable page tables, or a confidential guest. */
  NOT_MEASURABLE;

  /** The name used in JSON and on topics. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
