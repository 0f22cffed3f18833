package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * What control flow from one entry does on its page of code, as far as every guest of a kind has
 * the same there: which instructions it follows, and what these hold. Immutable.
 */
final class KnownEntry {
  /** In place of a node: what it leads to is each guest's own. */
  static final int ASKED = -1;

  /** In place of a node: it is no place of the image but a number, the same in all guests. */
  static final int NUMBER = -2;

  /** Bytes of an entry without its columns, and of one thing held. */
  private static final int OBJECTS = 160;

  private static final int HELD = 36;

  /** What an instruction does with a place. */
  enum What {
    /** Calls it. */
    CALLS,
    /** Jumps to it, or runs on into it, on another page. */
    JUMPS,
    /** Has it for a value. */
    TAKES,
    /** Reads or writes it. */
    ACCESSES,
    /** Goes through the pointer there. */
    SLOT,
    /** Picks a pointer of the table there. */
    TABLE
  }

  /**
   * One thing that an instruction holds.
   *
   * @param site offset of the instruction
   * @param node the number of what it leads to in every guest, {@link #ASKED} or {@link #NUMBER}
   * @param place among what guests have in common, or that number
   */
  record Held(int site, What what, int node, long place) {
    /** Whether the node is each guest's own. */
    boolean isAsked() {
      return node < 0;
    }

    /** Whether it is a number that is the same in all guests. */
    boolean isNumber() {
      return node == NUMBER;
    }
  }

  private final int firstWord;
  private final long[] starts;
  private final long[] covered;
  private final int instructions;
  private final boolean looksBeyond;
  private final int[] open;
  private final Held[] held;

  private KnownEntry(Builder made) {
    this.firstWord = Math.max(0, made.starts.nextSetBit(0)) / Long.SIZE;
    int words = (made.covered.length() + Long.SIZE - 1) / Long.SIZE - firstWord;
    this.starts = words(made.starts, words);
    this.covered = words(made.covered, words);
    this.instructions = made.starts.cardinality();
    this.looksBeyond =
        made.starts.length() > PageBytes.SIZE - InstructionDecoder.MAXIMUM_LENGTH + 1;
    this.open = made.open.stream().toArray();
    this.held = made.held.toArray(Held[]::new);
  }

  private long[] words(BitSet bits, int words) {
    return Arrays.copyOf(bits.get(firstWord * Long.SIZE, PageBytes.SIZE).toLongArray(), words);
  }

  /** Which 64 bytes of the page {@link #starts} and {@link #covered} begin with. */
  int firstWord() {
    return firstWord;
  }

  /** How many times 64 bytes of the page are told. */
  int words() {
    return starts.length;
  }

  /** A bit for each of 64 bytes that an instruction begins with. */
  long starts(int word) {
    return starts[word];
  }

  /** A bit for each of 64 bytes that an instruction has. */
  long covered(int word) {
    return covered[word];
  }

  /** Whether a byte belongs to what is followed from another entry of the page, too. */
  boolean meets(KnownEntry other) {
    int from = Math.max(firstWord, other.firstWord);
    int to = Math.min(firstWord + covered.length, other.firstWord + other.covered.length);
    for (int word = from; word < to; word++) {
      if ((covered[word - firstWord] & other.covered[word - other.firstWord]) != 0) {
        return true;
      }
    }
    return false;
  }

  /** How many instructions are followed. */
  int instructions() {
    return instructions;
  }

  /** Whether something depends on the first bytes of the next page. */
  boolean looksBeyond() {
    return looksBeyond;
  }

  /** How many instructions flow comes to that have to be decoded in each guest. */
  int openCount() {
    return open.length;
  }

  /** Offset of such an instruction. */
  int open(int index) {
    return open[index];
  }

  /** What the instructions hold, in the order in which flow comes to them; not to be changed. */
  Held[] held() {
    return held;
  }

  /** Bytes of heap, about. */
  int heldBytes() {
    return OBJECTS + 2 * Long.BYTES * starts.length + HELD * held.length;
  }

  /** Gathers what flow from an entry does. */
  static final class Builder {
    private final BitSet starts = new BitSet();
    private final BitSet covered = new BitSet();
    private final BitSet open = new BitSet();
    private final List<Held> held = new ArrayList<>();

    /** Whether flow came to an instruction before. */
    boolean isMet(int at) {
      return starts.get(at) || open.get(at);
    }

    /** Takes note of an instruction that has to be decoded in each guest. */
    void open(int at) {
      open.set(at);
    }

    /** Takes note of one that is followed. */
    void follow(int at, int length, List<Held> what) {
      starts.set(at);
      covered.set(at, at + length);
      held.addAll(what);
    }

    KnownEntry known() {
      return new KnownEntry(this);
    }
  }
}
