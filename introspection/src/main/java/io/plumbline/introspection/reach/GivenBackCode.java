package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.RisingNumbers;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The code of one guest whose bytes were given back: read again page by page, in rounds. That is
 * right because who gave it back sees to it that no page of it changes any more.
 *
 * <p>A round has the arrays of its thread until it ends, and a thread has one round at a time. In a
 * round each region has one array, each page of which is written once, before anybody is given it:
 * so an array that somebody holds stays right whatever others ask for, and nothing is seen of
 * another guest's code.
 */
final class GivenBackCode {
  private static final int PAGE = PageBytes.SIZE;

  /** Whose turn it is; empty between rounds. */
  private Optional<CodeScratch> scratch = Optional.empty();

  /** A region's bytes. */
  static final class Part {
    private final GivenBackCode all;
    private final int place;
    private final RisingNumbers frames;
    private final long start;

    /**
     * Bytes of a region.
     *
     * @param all of the guest's code
     * @param place of the region among the guest's, by its size
     * @param frames number of the frame of each page
     * @param start linear address of the first byte
     */
    Part(GivenBackCode all, int place, RisingNumbers frames, long start) {
      this.all = all;
      this.place = place;
      this.frames = frames;
      this.start = start;
    }

    /** An array with the bytes between two offsets, which stands until the round ends. */
    byte[] with(int from, int to) {
      CodeScratch turn = turn();
      byte[] array = turn.array(place, frames.size() * PAGE);
      for (int page = from / PAGE; page * PAGE < to; page++) {
        if (!turn.filled(place).get(page)) {
          read(turn, page).copyTo(0, array, page * PAGE, PAGE);
          turn.filled(place).set(page);
        }
      }
      return array;
    }

    /** All bytes, in an array that nobody else has. */
    byte[] copy() {
      CodeScratch turn = turn();
      byte[] copy = new byte[frames.size() * PAGE];
      for (int page = 0; page < frames.size(); page++) {
        read(turn, page).copyTo(0, copy, page * PAGE, PAGE);
      }
      return copy;
    }

    private CodeScratch turn() {
      return all.scratch.orElseThrow(
          () ->
              new IllegalStateException(
                  "code at " + Long.toHexString(start) + " was given back, and no round goes on"));
    }

    private PageBytes read(CodeScratch turn, int page) {
      FrameNumber frame = new FrameNumber(frames.get(page));
      return turn.guest()
          .readUnwatched(frame)
          .orElseThrow(
              () ->
                  new IllegalStateException(
                      "code at "
                          + Long.toHexString(start + (long) page * PAGE)
                          + " was given back and cannot be read again: nobody told that "
                          + frame
                          + " is gone"));
    }
  }

  /**
   * Does something in a round.
   *
   * @param guest as it is now
   * @throws IllegalStateException if another round goes on in this thread
   */
  <T> T inRound(PageSource guest, Supplier<T> work) {
    CodeScratch taken = CodeScratch.take(guest);
    scratch = Optional.of(taken);
    try {
      return work.get();
    } finally {
      scratch = Optional.empty();
      taken.release();
    }
  }
}
