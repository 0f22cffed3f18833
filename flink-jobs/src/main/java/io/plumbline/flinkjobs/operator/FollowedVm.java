package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.trust.Follower;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Judge;
import io.plumbline.introspection.trust.Relevance;
import io.plumbline.introspection.trust.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A VM that was judged, what changed of it since, and who follows it if anybody does. */
final class FollowedVm {
  private static final long NEVER = 0;

  private final Set<FrameNumber> changed = new LinkedHashSet<>();
  private boolean judged;
  private long askedAt = NEVER;

  /** Another thread may take it away. */
  private volatile Following following;

  private static final class Following {
    private final Follower follower;
    private boolean began;

    Following(Follower follower) {
      this.follower = follower;
    }

    Verdict judge(Guest guest, Collection<FrameNumber> frames, SignatureBook book) {
      Verdict verdict = began ? follower.follow(guest, frames, book) : follower.judge(guest, book);
      began = true;
      return verdict;
    }
  }

  /**
   * Asks for a place.
   *
   * @param now in verdicts of the process, from 1 on
   * @return how long it did not; more than anybody if it never did
   */
  long asksAt(long now) {
    long silent = askedAt == NEVER ? Long.MAX_VALUE : now - askedAt;
    askedAt = now;
    return silent;
  }

  /** When it asked for a place last. */
  long askedAt() {
    return askedAt;
  }

  /** It is followed from now on. */
  void follow(Follower follower) {
    following = new Following(follower);
  }

  /** It is not followed any more. */
  void leave() {
    following = null;
  }

  /** Bytes of heap, about, that are held to follow it. */
  long heldBytes() {
    Following by = following;
    return by == null ? 0 : by.follower.heldBytes();
  }

  /** Takes note that a frame may hold something else. */
  void changed(long frame) {
    changed.add(new FrameNumber(frame));
  }

  /** Frames that may hold something else than at the last verdict; empty if there was none. */
  Optional<List<FrameNumber>> changedSinceVerdict() {
    return judged ? Optional.of(new ArrayList<>(changed)) : Optional.empty();
  }

  /** What of the VM's memory the last verdict rests on; empty if everything may count. */
  Optional<Relevance> relevance() {
    Following by = following;
    return by == null ? Optional.empty() : by.follower.relevance();
  }

  /**
   * The verdict on the VM as it is now.
   *
   * @param judge looks at it if nobody follows it
   */
  Verdict judge(Guest guest, SignatureBook book, Judge judge) {
    Following by = following;
    Verdict verdict =
        by == null ? judge.judge(guest, book) : by.judge(guest, List.copyOf(changed), book);
    changed.clear();
    judged = true;
    return verdict;
  }
}
