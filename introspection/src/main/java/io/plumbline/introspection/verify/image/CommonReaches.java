package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.reach.CommonReach;
import io.plumbline.introspection.reach.Fixpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What guests of one build have in common, for the few kinds of guests that a fleet has: processors
 * decide which code a kernel runs. A kind is learnt when its second guest is seen, so that who sees
 * one guest does not pay for others. For any thread.
 */
public final class CommonReaches {
  /** Some 35 MiB each. */
  private static final int MOST = 4;

  private final Sharing sharing;
  private final boolean learns;
  private final List<CommonReach> kinds = new ArrayList<>();
  private boolean mayLearn;

  /**
   * @param sharing counts guests that were explored from what is common, and from nothing
   * @param learns whether a kind is ever learnt
   */
  CommonReaches(Sharing sharing, boolean learns) {
    this.sharing = sharing;
    this.learns = learns;
  }

  /**
   * Explores a guest, from what it has in common with one that was seen before if it can be.
   *
   * @param alone explores it from nothing
   * @param from explores it from what is in common; empty if that is too little
   * @param learn finds what it has in common with others; empty if it is none to learn from
   */
  public Fixpoint explore(
      Supplier<Fixpoint> alone,
      Function<CommonReach, Optional<Fixpoint>> from,
      Supplier<Optional<CommonReach>> learn) {
    for (CommonReach kind : kinds()) {
      Optional<Fixpoint> found = from.apply(kind);
      if (found.isPresent()) {
        sharing.found();
        use(kind);
        return found.get();
      }
    }
    sharing.made();
    Fixpoint fixpoint = alone.get();
    if (learns()) {
      learn.get().ifPresent(this::use);
    }
    return fixpoint;
  }

  private synchronized List<CommonReach> kinds() {
    return List.copyOf(kinds);
  }

  /** From the second guest on that nothing known was like. */
  private synchronized boolean learns() {
    boolean isSecond = mayLearn;
    mayLearn = true;
    return isSecond && learns;
  }

  /** Puts a kind before all others; the one that was not used for longest goes. */
  private synchronized void use(CommonReach kind) {
    kinds.remove(kind);
    kinds.add(0, kind);
    if (kinds.size() > MOST) {
      kinds.remove(MOST);
    }
  }
}
