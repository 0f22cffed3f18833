package io.plumbline.flinkjobs.operator;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.trust.Follower;
import io.plumbline.introspection.trust.Guest;
import io.plumbline.introspection.trust.Relevance;
import io.plumbline.introspection.trust.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A VM that is followed from verdict to verdict, and what changed of it since the last one. */
final class FollowedVm {
  private final Follower follower;
  private final Set<FrameNumber> changed = new LinkedHashSet<>();
  private boolean judged;

  FollowedVm(Follower follower) {
    this.follower = follower;
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
    return follower.relevance();
  }

  /** The verdict on the VM as it is now. */
  Verdict judge(Guest guest, SignatureBook book) {
    Collection<FrameNumber> frames = List.copyOf(changed);
    Verdict verdict = judged ? follower.follow(guest, frames, book) : follower.judge(guest, book);
    changed.clear();
    judged = true;
    return verdict;
  }
}
