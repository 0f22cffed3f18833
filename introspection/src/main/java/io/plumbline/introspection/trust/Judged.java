package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.TableMove;
import io.plumbline.introspection.reach.Fixpoint;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;

/**
 * What came of looking at a guest.
 *
 * @param known what follows it; empty if its build is not known from a package
 * @param reached everything that was reached of any other; empty if nothing can be
 * @param code its frames of code
 * @param canBeFollowed whether everything that counts of it is known
 */
record Judged(
    Verdict verdict,
    Optional<KnownGuest> known,
    Optional<Fixpoint> reached,
    Optional<CodeFrames> code,
    boolean canBeFollowed) {
  /**
   * Takes in what changed of the guest's memory.
   *
   * @return whether the verdict may be another; empty if only one from scratch tells
   */
  Optional<Boolean> follow(Collection<FrameNumber> frames, PageSource memory) {
    if (known.isPresent()) {
      return known.get().follow(frames, memory);
    }
    boolean concerned =
        frames.stream()
            .anyMatch(
                frame ->
                    code.map(all -> all.isChanged(frame, memory)).orElse(false)
                        || reached.map(all -> all.isConcernedBy(frame, memory)).orElse(false));
    return concerned ? Optional.empty() : Optional.of(false);
  }

  /**
   * Gives back what can be read again.
   *
   * @param keeps tells of which frames, by number, the bytes of data are kept
   * @return false if all of it is still needed
   */
  boolean giveBack(LongPredicate keeps) {
    if (known.isPresent() && !known.get().giveBack(keeps)) {
      return false;
    }
    reached.ifPresent(all -> all.giveBack(keeps));
    return true;
  }

  /** Bytes of heap, about, that it takes and does not share with other guests. */
  long heldBytes() {
    return known.map(KnownGuest::heldBytes).orElse(0L)
        + reached.map(Fixpoint::heldBytes).orElse(0L);
  }

  /** Whether a frame holds data that was reached. */
  boolean hasReached(FrameNumber frame) {
    return known.map(guest -> guest.hasReached(frame)).orElse(false)
        || reached.map(all -> all.hasReached(frame)).orElse(false);
  }

  /** Adds what the verdict rests on beside what the guest was found by. */
  void addTo(Relevance.Gathering gathering) {
    known.ifPresent(guest -> guest.addTo(gathering));
    reached.ifPresent(all -> all.forEachDataFrame(gathering::pointers));
    code.ifPresent(all -> all.forEach(gathering::all));
  }

  /** Takes in where page tables moved; whether the verdict may be another. */
  boolean isOutdatedBy(List<TableMove> moves, PageSource now) {
    return known.map(guest -> guest.isOutdatedBy(moves, now)).orElse(false);
  }

  /** Takes in what a frame holds now; whether the verdict may be another. */
  boolean isOutdatedBy(FrameNumber frame, Optional<PageBytes> now) {
    return known.map(guest -> guest.isOutdatedBy(frame, now)).orElse(false);
  }

  /** The verdict on the same guest as it was followed. */
  Judged toldAgain(Guest guest, KernelJudge judge) {
    KnownGuest followed = known.orElseThrow();
    Verdict told = followed.verdict(guest, new Timings(0, 0, 0));
    return new Judged(
        told.alsoNotSeen(judge.whyNotNamed(followed.kernel())), known, reached, code, true);
  }
}
