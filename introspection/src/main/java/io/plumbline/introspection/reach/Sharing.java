package io.plumbline.introspection.reach;

import java.util.concurrent.atomic.AtomicLong;

/** How often something that guests share was there, and how often it had to be made. */
public final class Sharing {
  private final AtomicLong found = new AtomicLong();
  private final AtomicLong made = new AtomicLong();

  /** It was there. */
  public void found() {
    found.incrementAndGet();
  }

  /** It had to be made. */
  public void made() {
    made.incrementAndGet();
  }

  /** How often it was there. */
  public long timesFound() {
    return found.get();
  }

  /** How often it had to be made. */
  public long timesMade() {
    return made.get();
  }
}
