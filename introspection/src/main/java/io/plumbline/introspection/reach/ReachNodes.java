package io.plumbline.introspection.reach;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.LongUnaryOperator;

/**
 * Everything that something leads to, reached or not, by number: where code is entered, where
 * pointers to code point, pieces of data. Of each the key it is reached with and the pages that
 * lead to it. A guest has some hundred thousand, so that they are columns and no objects.
 */
final class ReachNodes {
  /** What a node is. */
  enum Kind {
    /** Code that control flow enters. */
    CODE,
    /** Code that a pointer has the address of; it is entered if a function begins there. */
    POINTED,
    /** A variable that nobody may write. */
    READ_ONLY,
    /** A variable of the kernel or of what it loads. */
    WRITABLE,
    /** A piece of memory that was allocated at run time. */
    HEAP,
    /** One pointer that code goes through. */
    SLOT,
    /** Pointers in a row, of which code picks one. */
    TABLE
  }

  private static final Kind[] KINDS = Kind.values();
  private static final int KIND_BITS = 3;
  private static final int NONE = -1;
  private static final int LEAST = 1 << 12;

  /** Of so many one more fits before the columns grow. */
  private static final int ROOM = 4;

  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  private int[] slots = new int[LEAST];
  private long[] ids = new long[LEAST / 2];
  private long[] keys = new long[LEAST / 2];
  private long[] ends = new long[LEAST / 2];
  private int[] firstLink = new int[LEAST / 2];
  private int size;

  private int[] linkedPage = new int[LEAST];
  private int[] nextLink = new int[LEAST];
  private int links;
  private int freeLink = NONE;

  /** Nodes that lie in the pages they are made of. */
  final BitSet placed = new BitSet();

  ReachNodes() {
    Arrays.fill(slots, NONE);
  }

  /**
   * The same nodes under the same numbers, reached as here, with other addresses.
   *
   * @param move the other address of each
   */
  ReachNodes moved(LongUnaryOperator move) {
    ReachNodes moved = new ReachNodes();
    int room = LEAST + size + size / ROOM;
    int roomForLinks = LEAST + links + links / ROOM;
    moved.ids = Arrays.copyOf(ids, room);
    moved.keys = Arrays.copyOf(keys, room);
    moved.ends = Arrays.copyOf(ends, room);
    moved.firstLink = Arrays.copyOf(firstLink, room);
    moved.linkedPage = Arrays.copyOf(linkedPage, roomForLinks);
    moved.nextLink = Arrays.copyOf(nextLink, roomForLinks);
    moved.links = links;
    moved.freeLink = freeLink;
    moved.placed.or(placed);
    moved.size = size;
    for (int node = 0; node < size; node++) {
      long address = address(node);
      long other = move.applyAsLong(address);
      moved.ids[node] = id(kind(node), other);
      moved.ends[node] = ends[node] - address + other;
    }
    moved.index(slotsFor(room));
    return moved;
  }

  /** The number of a node, a new one if there is none such. */
  int of(Kind kind, long address) {
    long id = id(kind, address);
    int slot = slotOf(id);
    if (slots[slot] != NONE) {
      return slots[slot];
    }
    if (size == ids.length) {
      grow();
      slot = slotOf(id);
    }
    ids[size] = id;
    keys[size] = ReachKey.UNREACHED;
    ends[size] = address;
    firstLink[size] = NONE;
    slots[slot] = size;
    return size++;
  }

  /** The number of a node, -1 if there is none such. */
  int find(Kind kind, long address) {
    return slots[slotOf(id(kind, address))];
  }

  /** Addresses are sign-extended from 57 bits or fewer, so that the upper ones tell nothing. */
  private static long id(Kind kind, long address) {
    return address << KIND_BITS | kind.compareTo(Kind.CODE);
  }

  private int slotOf(long id) {
    int mask = slots.length - 1;
    int at = (int) ((id * GOLDEN) >>> Integer.SIZE) & mask;
    while (slots[at] != NONE && ids[slots[at]] != id) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void grow() {
    int more = size + size / 2;
    ids = Arrays.copyOf(ids, more);
    keys = Arrays.copyOf(keys, more);
    ends = Arrays.copyOf(ends, more);
    firstLink = Arrays.copyOf(firstLink, more);
    if (slots.length < slotsFor(more)) {
      index(slotsFor(more));
    }
  }

  /** A power of two, at least one and a half times as many as nodes. */
  private static int slotsFor(int nodes) {
    return Integer.highestOneBit(nodes + nodes / 2 - 1) << 1;
  }

  private void index(int length) {
    slots = new int[length];
    Arrays.fill(slots, NONE);
    for (int node = 0; node < size; node++) {
      slots[slotOf(ids[node])] = node;
    }
  }

  int size() {
    return size;
  }

  Kind kind(int node) {
    return KINDS[(int) ids[node] & (1 << KIND_BITS) - 1];
  }

  /** The first byte's. */
  long address(int node) {
    return ids[node] >> KIND_BITS;
  }

  long key(int node) {
    return keys[node];
  }

  void key(int node, long key) {
    keys[node] = key;
  }

  /** The byte after the last of a piece of data. */
  long end(int node) {
    return ends[node];
  }

  void end(int node, long end) {
    ends[node] = end;
  }

  /** Whether a node comes before another where they have part of a page in common. */
  boolean isBefore(int node, int other) {
    return keys[node] != keys[other] ? keys[node] < keys[other] : isEarlier(node, other);
  }

  /** Whether a node lies before another. */
  boolean isEarlier(int node, int other) {
    return ids[node] < ids[other];
  }

  /** Notes that a page leads to a node. */
  void link(int node, int page) {
    int link = freeLink;
    if (link == NONE) {
      link = links++;
      if (link == linkedPage.length) {
        linkedPage = Arrays.copyOf(linkedPage, link + link / 2);
        nextLink = Arrays.copyOf(nextLink, link + link / 2);
      }
    } else {
      freeLink = nextLink[link];
    }
    linkedPage[link] = page;
    nextLink[link] = firstLink[node];
    firstLink[node] = link;
  }

  /** Notes that a page does not lead to a node any more. */
  void unlink(int node, int page) {
    int before = NONE;
    int link = firstLink[node];
    while (linkedPage[link] != page) {
      before = link;
      link = nextLink[link];
    }
    if (before == NONE) {
      firstLink[node] = nextLink[link];
    } else {
      nextLink[before] = nextLink[link];
    }
    nextLink[link] = freeLink;
    freeLink = link;
  }

  /** The first link to a page that leads to a node, -1 if there is none. */
  int firstLink(int node) {
    return firstLink[node];
  }

  int nextLink(int link) {
    return nextLink[link];
  }

  int pageOf(int link) {
    return linkedPage[link];
  }
}
