package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.memory.FrameNumber;
import java.util.Collection;
import java.util.Optional;

/** Turns a guest at a capture boundary into a verdict: the one door into the core. */
@FunctionalInterface
public interface Judge {
  /**
   * The verdict on {@code guest}, a pure function of its arguments but for the timings. Never
   * throws for what a guest holds: what cannot be read or understood is a finding or a blind spot.
   */
  Verdict judge(Guest guest, SignatureBook book);

  /**
   * Who judges one guest again and again; as if it were the first time unless there is a better
   * way.
   */
  default Follower follower() {
    return new Follower() {
      @Override
      public Verdict judge(Guest guest, SignatureBook book) {
        return Judge.this.judge(guest, book);
      }

      @Override
      public Verdict follow(Guest now, Collection<FrameNumber> frames, SignatureBook book) {
        return Judge.this.judge(now, book);
      }
    };
  }

  /**
   * The same, but who keeps what cannot be read again and no more: of use if many are followed. As
   * long as a guest's code does not change, what is kept of it is small.
   */
  default Follower lightFollower() {
    return follower();
  }

  /**
   * Derives ahead what the first verdict on a guest of a build needs of its package, so that this
   * guest pays for itself alone. No verdict depends on it.
   *
   * @param book the builds that such a guest would be told from
   * @return what has to be held for it to stay; empty if this judge has nothing to prepare
   * @throws RuntimeException if the package cannot be read or used; the first guest would find the
   *     same
   */
  default Optional<PreparedBuild> prepare(PackageSignature build, SignatureBook book) {
    return Optional.empty();
  }
}
