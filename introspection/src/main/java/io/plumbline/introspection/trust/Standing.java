package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.TableMove;
import io.plumbline.introspection.memory.WatchedPages;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What was made of a guest's small data, for as long as making it again would say the same: the
 * words that were read and the answers about code that it rests on are as they were.
 */
final class Standing<T> {
  private final Consumer<WatchedPages.Reading> watch;
  private WatchedPages.Reading reading = new WatchedPages.Reading();
  private Questions questions = new Questions();
  private Optional<T> made = Optional.empty();

  /**
   * Nothing is made yet.
   *
   * @param watch is told to what the guest's pages that are read belong from now on
   */
  Standing(Consumer<WatchedPages.Reading> watch) {
    this.watch = watch;
  }

  /** What is asked about code while it is made. */
  Questions questions() {
    return questions;
  }

  /**
   * What stands, made again if it does not.
   *
   * @param kernel answers what was asked before
   * @param make reads the guest, and asks {@link #questions}
   */
  T get(TrustedKernel kernel, Supplier<T> make) {
    if (made.isEmpty() || !questions.areAnsweredAlikeBy(kernel)) {
      reading = new WatchedPages.Reading();
      questions = new Questions();
      watch.accept(reading);
      made = Optional.of(make.get());
    }
    return made.get();
  }

  /** Gives back what can be read again. */
  void giveBack() {
    reading.giveBack();
  }

  /** Bytes of heap, about, that what it rests on takes. */
  long heldBytes() {
    return reading.heldBytes();
  }

  /** Adds what it rests on. */
  void addTo(Relevance.Gathering gathering) {
    reading.forEach(gathering::words);
  }

  /** Takes in where page tables moved; whether what was made has to be made again. */
  boolean isOutdatedBy(List<TableMove> moves, PageSource now) {
    boolean outdated = !reading.move(moves, now);
    if (outdated) {
      made = Optional.empty();
    }
    return outdated;
  }

  /** Takes in what a frame holds now; whether what was made has to be made again. */
  boolean isOutdatedBy(FrameNumber frame, Optional<PageBytes> now) {
    boolean outdated = reading.isOutdatedBy(frame, now);
    reading.renew(frame, now);
    if (outdated) {
      made = Optional.empty();
    }
    return outdated;
  }
}
