package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.reach.CommonReach;
import java.util.concurrent.atomic.AtomicLong;

/** How often something that guests share was there, and how often it had to be made. */
public final class Sharing implements CommonReach.Reuse {
  private final AtomicLong found = new AtomicLong();
  private final AtomicLong made = new AtomicLong();

  @Override
  public void found() {
    found.incrementAndGet();
  }

  @Override
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
