package io.plumbline.ingest.capture;

import io.plumbline.ingest.capture.Observation.Withdrawal;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageDelta;
import io.plumbline.introspection.memory.PageDigest;
import io.plumbline.introspection.memory.PageSource;
import java.util.Optional;
import java.util.PrimitiveIterator;

/**
 * Compares the watched frames with what was last stated, in one ascending walk over both. A frame
 * that left the watch list or cannot be read is withdrawn, never left to be taken for unchanged.
 */
final class FrameChanges {
  private final PageSource memory;
  private final KeptPages kept;
  private final FrameDigests.Cursor before;
  private final FrameSet unreadableBefore;
  private final FrameDigests.Builder stated = new FrameDigests.Builder();
  private final FrameSet.Builder unreadable = new FrameSet.Builder();
  private long changed;
  private long withdrawn;
  private long unread;

  FrameChanges(PageSource memory, KeptPages kept, FrameDigests before, FrameSet unreadableBefore) {
    this.memory = memory;
    this.kept = kept;
    this.before = before.cursor();
    this.unreadableBefore = unreadableBefore;
  }

  /** Puts every difference into {@code batch} and flushes it. */
  <E extends Exception> RoundTotals tell(FrameSet watched, DeltaBatch<E> batch) throws E {
    PrimitiveIterator.OfLong frames = watched.iterator();
    while (frames.hasNext()) {
      long frame = frames.nextLong();
      withdrawBelow(frame, batch);
      Optional<PageDigest> was = digestBefore(frame);
      Optional<PageBytes> content = memory.read(new FrameNumber(frame));
      if (content.isPresent()) {
        compare(frame, was, content.get(), batch);
      } else {
        miss(frame, was.isPresent(), batch);
      }
    }
    withdrawBelow(Long.MAX_VALUE, batch);
    PrimitiveIterator.OfLong missedBefore = unreadableBefore.iterator();
    while (missedBefore.hasNext()) {
      long frame = missedBefore.nextLong();
      if (!watched.contains(frame)) {
        withdraw(frame, Withdrawal.UNWATCHED, batch);
      }
    }
    batch.flush();
    return new RoundTotals(watched.size(), changed, withdrawn, unread);
  }

  FrameDigests nowStated() {
    return stated.build();
  }

  FrameSet nowUnreadable() {
    return unreadable.build();
  }

  private <E extends Exception> void withdrawBelow(long frame, DeltaBatch<E> batch) throws E {
    for (; before.hasFrame() && before.frame() < frame; before.advance()) {
      withdraw(before.frame(), Withdrawal.UNWATCHED, batch);
    }
  }

  private Optional<PageDigest> digestBefore(long frame) {
    if (!before.hasFrame() || before.frame() != frame) {
      return Optional.empty();
    }
    PageDigest digest = before.digest();
    before.advance();
    return Optional.of(digest);
  }

  private <E extends Exception> void compare(
      long frame, Optional<PageDigest> was, PageBytes content, DeltaBatch<E> batch) throws E {
    PageDigest digest = PageDigest.of(content);
    stated.append(frame, digest);
    if (was.isPresent() && was.get().equals(digest)) {
      return;
    }
    FrameNumber number = new FrameNumber(frame);
    PageDelta delta =
        kept.of(frame)
            .map(last -> PageDelta.between(number, last, content, digest))
            .orElseGet(() -> PageDelta.stating(number, content, digest));
    kept.keep(frame, content);
    changed++;
    batch.add(delta);
  }

  private <E extends Exception> void miss(long frame, boolean wasStated, DeltaBatch<E> batch)
      throws E {
    unread++;
    unreadable.append(frame);
    if (wasStated || !unreadableBefore.contains(frame)) {
      withdraw(frame, Withdrawal.UNREADABLE, batch);
    }
  }

  private <E extends Exception> void withdraw(long frame, Withdrawal reason, DeltaBatch<E> batch)
      throws E {
    kept.forget(frame);
    withdrawn++;
    batch.add(new Observation.WithdrawnFrame(new FrameNumber(frame), reason));
  }
}
