package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;

/**
 * Counts the bytes of code that are blank, as it is read piece after piece. Blank is a run of at
 * least {@value #LEAST} zeros or INT3: the unused rest of a large page, which nobody would count as
 * text.
 */
final class BlankRuns {
  /** Bytes of the shortest. */
  static final int LEAST = 64;

  private static final byte INT3 = (byte) 0xcc;
  private static final byte[] ZEROS = new byte[PageBytes.SIZE];
  private static final byte[] TRAPS = new byte[PageBytes.SIZE];

  static {
    Arrays.fill(TRAPS, INT3);
  }

  private long blank;

  /** Bytes of the run that the last piece ends with, and what all of them are. */
  private int open;

  private byte filler;

  /** Goes on with the bytes of a piece between two offsets. */
  void add(byte[] code, int from, int to) {
    int end = goOn(code, from, to);
    if (end == to) {
      return;
    }
    close();
    int at = end + LEAST - 1;
    // A run that begins at or after the end of the last one covers one of the places looked at.
    while (at < to) {
      if (!isFiller(code[at])) {
        at += LEAST;
        continue;
      }
      int start = startOf(code, end, at);
      filler = code[at];
      end = endOfRun(code, at, to, filler);
      open = end - start;
      if (end == to) {
        return;
      }
      close();
      at = end + LEAST - 1;
    }
    if (isFiller(code[to - 1])) {
      filler = code[to - 1];
      open = to - startOf(code, end, to - 1);
    }
  }

  /** Takes what goes on with the open run to it; where that ends. */
  private int goOn(byte[] code, int from, int to) {
    int end = open == 0 ? from : endOfRun(code, from, to, filler);
    open += end - from;
    return end;
  }

  private void close() {
    blank += open >= LEAST ? open : 0;
    open = 0;
  }

  private static boolean isFiller(byte each) {
    return each == 0 || each == INT3;
  }

  private static int startOf(byte[] code, int least, int at) {
    int start = at;
    while (start > least && code[start - 1] == code[at]) {
      start--;
    }
    return start;
  }

  private static int endOfRun(byte[] code, int from, int to, byte filler) {
    byte[] run = filler == 0 ? ZEROS : TRAPS;
    int end = from;
    while (end < to) {
      int length = Math.min(to - end, run.length);
      int other = Arrays.mismatch(code, end, end + length, run, 0, length);
      if (other >= 0) {
        return end + other;
      }
      end += length;
    }
    return end;
  }

  /** Blank bytes of all that was added, the run that it ends with among them. */
  long bytes() {
    return blank + (open >= LEAST ? open : 0);
  }
}
