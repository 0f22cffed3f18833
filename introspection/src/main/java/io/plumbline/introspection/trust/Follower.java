package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.memory.FrameNumber;
import java.util.Collection;
import java.util.Optional;

/**
 * Judges one guest again whenever it changed. By law each verdict is that of {@link Judge#judge} on
 * the guest as it is then. Not for several threads; of no use after it threw.
 */
public interface Follower {
  /** Looks at all of the guest. */
  Verdict judge(Guest guest, SignatureBook book);

  /**
   * Looks at the guest, of which some frames may hold something else than when it was judged last.
   *
   * @param frames all that may; what they are of the guest does not matter
   */
  Verdict follow(Guest now, Collection<FrameNumber> frames, SignatureBook book);

  /**
   * Bytes of heap, about, that it holds until the next verdict: what a guest leads to takes room,
   * and guests are not to be trusted.
   */
  default long heldBytes() {
    return 0;
  }

  /**
   * What of the guest's memory the last verdict rests on; empty if everything may count, or if all
   * of the guest was not looked at for it: to gather it takes longer than to follow the guest. A
   * light follower never tells.
   */
  default Optional<Relevance> relevance() {
    return Optional.empty();
  }
}
