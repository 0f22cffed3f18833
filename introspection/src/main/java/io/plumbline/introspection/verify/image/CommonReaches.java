package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.reach.Sharing;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What guests of one build have in common, for the few kinds of guests that a fleet has: processors
 * decide which code a kernel runs. A kind is learnt when its second guest is seen, so that who sees
 * one guest does not pay for others. For any thread.
 */
public final class CommonReaches {
  private final Sharing sharing;
  private final Sharing code;
  private final ReachRoom room;
  private final AtomicBoolean sawOne = new AtomicBoolean();

  /**
   * @param sharing counts guests that were explored from what is common, and from nothing
   * @param code counts pieces of code of which it was known what they say, and that were read
   * @param room for what is learnt
   */
  CommonReaches(Sharing sharing, Sharing code, ReachRoom room) {
    this.sharing = sharing;
    this.code = code;
    this.room = room;
  }

  /** The texts that guests of the build had, that of the kind which was seen last at the end. */
  public List<KnownText> texts() {
    return room.of(this).stream().flatMap(kind -> kind.text().stream()).toList();
  }

  /** Counts pieces of code of which it was known what they say, and that were read. */
  public Sharing code() {
    return code;
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
      Function<GuestKind, Optional<Fixpoint>> from,
      Supplier<Optional<GuestKind>> learn) {
    List<GuestKind> kinds = room.of(this);
    for (int i = kinds.size() - 1; i >= 0; i--) {
      Optional<Fixpoint> found = from.apply(kinds.get(i));
      if (found.isPresent()) {
        sharing.found();
        room.use(kinds.get(i), this);
        return found.get();
      }
    }
    sharing.made();
    Fixpoint fixpoint = alone.get();
    if (sawOne.getAndSet(true) && room.isAny()) {
      learn.get().ifPresent(kind -> room.use(kind, this));
    }
    return fixpoint;
  }
}
