package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;

/**
 * What the instructions on a page of code say, wherever its image lies: how long they are, whether
 * they go on to the next, and what they hold. Immutable.
 */
final class KnownPage {
  /** A page of which nothing is known. */
  static final KnownPage NOTHING =
      new KnownPage(
          new byte[PageBytes.SIZE], new short[0], new What[0], new int[0], new long[0], 0);

  /** In place of a node: what it leads to is each guest's own. */
  static final int ASKED = -1;

  /** In place of a node: it is no place of the image but a number, the same in all guests. */
  static final int NUMBER = -2;

  private static final int LENGTH = 0x0f;
  private static final int HOLDS = 0x10;
  private static final int ENDS = 0x20;
  private static final int SEEN = 0x40;

  /** What an instruction does with a place. */
  enum What {
    /** Calls it. */
    CALLS,
    /** Jumps to it, on another page. */
    JUMPS,
    /** Jumps to the offset on its own page. */
    STAYS,
    /** Has it for a value. */
    TAKES,
    /** Reads or writes it. */
    ACCESSES,
    /** Goes through the pointer there. */
    SLOT,
    /** Picks a pointer of the table there. */
    TABLE
  }

  /** By offset: length and flags; 0 of what was not looked at. */
  private final byte[] instructions;

  // What they hold, ascending by the offset of the instruction.
  private final short[] sites;
  private final What[] whats;
  private final int[] nodes;
  private final long[] places;
  private final int size;

  private KnownPage(
      byte[] instructions, short[] sites, What[] whats, int[] nodes, long[] places, int size) {
    this.instructions = instructions;
    this.sites = sites;
    this.whats = whats;
    this.nodes = nodes;
    this.places = places;
    this.size = size;
  }

  /** Whether somebody looked at what begins at an offset, whatever came of it. */
  boolean isSeen(int at) {
    return instructions[at] != 0;
  }

  /** Bytes of the instruction at an offset, 0 if it has to be decoded in each guest. */
  int length(int at) {
    return instructions[at] & LENGTH;
  }

  /** Whether nothing follows it. */
  boolean ends(int at) {
    return (instructions[at] & ENDS) != 0;
  }

  /** Whether the instruction at an offset holds anything. */
  boolean holds(int at) {
    return (instructions[at] & HOLDS) != 0;
  }

  /**
   * Index of the first thing that the instruction at an offset holds, which holds some.
   *
   * @param likely where it is if the last one that was asked for comes before it: there is no
   *     telling which way a search goes, which takes longer than all else
   */
  int first(int at, int likely) {
    if (likely < size && sites[likely] == at && (likely == 0 || sites[likely - 1] != at)) {
      return likely;
    }
    int from = 0;
    int to = size;
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (sites[middle] < at) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }

  /** How many things are held on the page. */
  int size() {
    return size;
  }

  /** Offset of the instruction that holds a thing. */
  int site(int index) {
    return sites[index];
  }

  What what(int index) {
    return whats[index];
  }

  /** The number of what it leads to in every guest, negative if that is each guest's own. */
  int node(int index) {
    return nodes[index];
  }

  /** Whether it is a number that is the same in all guests. */
  boolean isNumber(int index) {
    return nodes[index] == NUMBER;
  }

  /**
   * The place among what guests have in common, or that number; of what {@linkplain What#STAYS
   * stays} the offset.
   */
  long place(int index) {
    return places[index];
  }

  /** Adds to what is known of a page. */
  static final class Builder {
    private final byte[] instructions;
    private short[] sites;
    private What[] whats;
    private int[] nodes;
    private long[] places;
    private int size;

    Builder(KnownPage before) {
      this.instructions = before.instructions.clone();
      this.sites = before.sites.clone();
      this.whats = before.whats.clone();
      this.nodes = before.nodes.clone();
      this.places = before.places.clone();
      this.size = before.size;
    }

    boolean isSeen(int at) {
      return instructions[at] != 0;
    }

    /** Takes note of what has to be decoded in each guest. */
    void seen(int at) {
      instructions[at] = SEEN;
    }

    /** Takes note of an instruction. */
    void add(int at, int length, boolean ends) {
      instructions[at] = (byte) (SEEN | length | (ends ? ENDS : 0));
    }

    /** Takes note that it holds something; of several, in their order. */
    void holds(int at, What what, int node, long place) {
      instructions[at] |= HOLDS;
      if (size == sites.length) {
        int more = Math.max(16, 2 * size);
        sites = Arrays.copyOf(sites, more);
        whats = Arrays.copyOf(whats, more);
        nodes = Arrays.copyOf(nodes, more);
        places = Arrays.copyOf(places, more);
      }
      int index = size++;
      while (index > 0 && sites[index - 1] > at) {
        sites[index] = sites[index - 1];
        whats[index] = whats[index - 1];
        nodes[index] = nodes[index - 1];
        places[index] = places[index - 1];
        index--;
      }
      sites[index] = (short) at;
      whats[index] = what;
      nodes[index] = node;
      places[index] = place;
    }

    /** What is known by now. */
    KnownPage known() {
      return new KnownPage(
          instructions,
          Arrays.copyOf(sites, size),
          Arrays.copyOf(whats, size),
          Arrays.copyOf(nodes, size),
          Arrays.copyOf(places, size),
          size);
    }
  }
}
