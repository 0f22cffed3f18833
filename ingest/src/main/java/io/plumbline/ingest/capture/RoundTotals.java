package io.plumbline.ingest.capture;

/**
 * What a capture round came to, in frames.
 *
 * @param watched on the watch list
 * @param changed stated anew
 * @param withdrawn said to have no content any more
 * @param unreadable watched, but without content
 */
public record RoundTotals(long watched, long changed, long withdrawn, long unreadable) {
  public RoundTotals {
    if (watched < 0 || changed < 0 || withdrawn < 0 || unreadable < 0) {
      throw new IllegalArgumentException(
          String.format(
              "round totals: expected 0 or more, found %d watched, %d changed, %d withdrawn, %d"
                  + " unreadable",
              watched, changed, withdrawn, unreadable));
    }
  }
}
