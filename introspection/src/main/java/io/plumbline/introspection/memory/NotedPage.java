package io.plumbline.introspection.memory;

import java.util.Optional;

/**
 * A page that was read: what it holds or, once that was given back, a digest of the words that
 * count.
 */
final class NotedPage {
  private final ReadWords words;

  /** Empty if it cannot be read, or was given back. */
  private Optional<PageBytes> content;

  /** Null if nothing was given back. */
  private PageDigest kept;

  NotedPage(Optional<PageBytes> content, ReadWords words) {
    this.content = content.map(PageBytes::alone);
    this.words = words;
  }

  /** A page that was given back. */
  NotedPage(PageDigest kept, ReadWords words) {
    this.content = Optional.empty();
    this.kept = kept;
    this.words = words;
  }

  /** The words that count. */
  ReadWords words() {
    return words;
  }

  /** The digest of them; null if nothing was given back. */
  PageDigest kept() {
    return kept;
  }

  /** Whether a word that counts is another by now. */
  boolean isAnother(Optional<PageBytes> now) {
    boolean wasReadable = kept != null || content.isPresent();
    if (!wasReadable || now.isEmpty()) {
      return wasReadable || now.isPresent();
    }
    return kept != null
        ? !kept.equals(words.words().digestOf(now.get()))
        : words.words().anyDiffers(content.orElseThrow(), now.get());
  }

  void renew(Optional<PageBytes> now) {
    if (kept != null && now.isPresent()) {
      kept = words.words().digestOf(now.get());
    } else {
      kept = null;
      content = now.map(PageBytes::alone);
    }
  }

  void giveBack() {
    if (content.isPresent()) {
      kept = words.words().digestOf(content.get());
      content = Optional.empty();
    }
  }

  /** The page, which is read again if it was given back. */
  Optional<PageBytes> read(FrameNumber frame, PageSource guest) {
    if (kept != null) {
      PageBytes again =
          guest
              .read(frame)
              .orElseThrow(
                  () ->
                      new IllegalStateException(
                          frame
                              + " was given back and cannot be read again: no round goes on, or"
                              + " nobody told that it is gone"));
      content = Optional.of(again.alone());
      kept = null;
    }
    return content.map(bytes -> bytes.watchedBy(words));
  }

  /** The same page with what was read for both. */
  NotedPage and(NotedPage other) {
    return words == other.words ? this : new NotedPage(content, words.and(other.words));
  }

  /** Whether its content is at hand. */
  boolean hasContent() {
    return content.isPresent();
  }
}
