package io.plumbline.introspection.reach;

import java.util.Arrays;
import java.util.BitSet;

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
  private static final int[] NO_SLOTS = {};

  /** Marks the number of a place that guests of a build have in common. */
  private static final long COMMON = 1L << (Long.SIZE - 2);

  /** Null if nothing is in common with others. */
  private final CommonAddresses common;

  /** The nodes that another guest had are found by these, and the others by those. */
  private final int[] othersSlots;

  private int[] slots = new int[LEAST];
  private final LongColumn ids;
  private final LongColumn keys;
  private final IntColumn lengths;
  private final IntColumn firstLink;
  private final int others;
  private int size;

  /** Whether all lie where guests of a build have things in common. */
  private boolean areCommon = true;

  private final IntColumn linkedPage;
  private final IntColumn nextLink;
  private int links;
  private int freeLink = NONE;

  /** Nodes that lie in the pages they are made of. */
  final BitSet placed = new BitSet();

  /** None, of a guest that has nothing in common with others. */
  ReachNodes() {
    this(null);
  }

  /**
   * None.
   *
   * @param common addresses that the guest has in common with others
   */
  ReachNodes(CommonAddresses common) {
    this.common = common;
    this.othersSlots = NO_SLOTS;
    this.others = 0;
    this.ids = new LongColumn();
    this.keys = new LongColumn();
    this.lengths = new IntColumn();
    this.firstLink = new IntColumn();
    this.linkedPage = new IntColumn();
    this.nextLink = new IntColumn();
    Arrays.fill(slots, NONE);
  }

  /**
   * The same nodes under the same numbers, reached as in another guest, at the addresses that they
   * have here. All of them {@linkplain #areCommon lie} where guests have things in common, and
   * nothing changes there any more.
   */
  ReachNodes(ReachNodes other, CommonAddresses here) {
    if (other.others > 0) {
      throw new IllegalArgumentException("expected nodes of their own, found those of a third");
    }
    this.common = here;
    this.othersSlots = other.slots;
    this.others = other.size;
    this.ids = other.ids.copy();
    this.keys = other.keys.copy();
    this.lengths = other.lengths.copy();
    this.firstLink = other.firstLink.copy();
    this.linkedPage = other.linkedPage.copy();
    this.nextLink = other.nextLink.copy();
    this.links = other.links;
    this.freeLink = other.freeLink;
    this.placed.or(other.placed);
    this.size = other.size;
    Arrays.fill(slots, NONE);
  }

  /** Whether all lie where guests of a build have things in common. */
  boolean areCommon() {
    return areCommon;
  }

  /** The number of a node, a new one if there is none such. */
  int of(Kind kind, long address) {
    long id = id(kind, address);
    int known = ofOthers(id);
    if (known != NONE) {
      return known;
    }
    int slot = slotOf(id, slots);
    if (slots[slot] != NONE) {
      return slots[slot];
    }
    areCommon &= isCommon(id);
    ids.set(size, id);
    keys.set(size, ReachKey.UNREACHED);
    lengths.set(size, 0);
    firstLink.set(size, NONE);
    slots[slot] = size++;
    if (2 * (size - others) > slots.length) {
      index(2 * slots.length);
    }
    return size - 1;
  }

  /** The number of a node, -1 if there is none such. */
  int find(Kind kind, long address) {
    long id = id(kind, address);
    int known = ofOthers(id);
    return known != NONE ? known : slots[slotOf(id, slots)];
  }

  /** The number of a node that another guest had, too; -1 if there is none such. */
  int ofOthers(Kind kind, long address) {
    return ofOthers(id(kind, address));
  }

  private int ofOthers(long id) {
    return others == 0 || !isCommon(id) ? NONE : othersSlots[slotOf(id, othersSlots)];
  }

  private static boolean isCommon(long id) {
    return (id ^ COMMON) >>> (Long.SIZE - 2) == 0;
  }

  /** Addresses are sign-extended from 57 bits or fewer, so that the upper ones tell nothing. */
  private long id(Kind kind, long address) {
    long place = common == null ? NONE : common.placeOf(address);
    return (place < 0 ? address << KIND_BITS : place << KIND_BITS | COMMON)
        | kind.compareTo(Kind.CODE);
  }

  private int slotOf(long id, int[] slots) {
    int mask = slots.length - 1;
    int at = Spread.slot(id, slots.length);
    while (slots[at] != NONE && ids.get(slots[at]) != id) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void index(int length) {
    slots = new int[length];
    Arrays.fill(slots, NONE);
    for (int node = others; node < size; node++) {
      slots[slotOf(ids.get(node), slots)] = node;
    }
  }

  /** Bytes that are not another guest's, too. */
  long heldBytes() {
    return ids.heldBytes()
        + keys.heldBytes()
        + lengths.heldBytes()
        + firstLink.heldBytes()
        + linkedPage.heldBytes()
        + nextLink.heldBytes()
        + (long) slots.length * Integer.BYTES;
  }

  int size() {
    return size;
  }

  Kind kind(int node) {
    return KINDS[(int) ids.get(node) & (1 << KIND_BITS) - 1];
  }

  /** The first byte's. */
  long address(int node) {
    long id = ids.get(node);
    return isCommon(id) ? common.addressOf((id ^ COMMON) >>> KIND_BITS) : id >> KIND_BITS;
  }

  long key(int node) {
    return keys.get(node);
  }

  void key(int node, long key) {
    keys.set(node, key);
  }

  /** The byte after the last of a piece of data. */
  long end(int node) {
    return address(node) + lengths.get(node);
  }

  void end(int node, long end) {
    lengths.set(node, Math.toIntExact(end - address(node)));
  }

  /** Whether a node comes before another where they have part of a page in common. */
  boolean isBefore(int node, int other) {
    return key(node) != key(other) ? key(node) < key(other) : isEarlier(node, other);
  }

  /** Whether a node lies before another. */
  boolean isEarlier(int node, int other) {
    long address = address(node);
    long another = address(other);
    return address != another ? address < another : kind(node).compareTo(kind(other)) < 0;
  }

  /** Notes that a page leads to a node. */
  void link(int node, int page) {
    int link = freeLink;
    if (link == NONE) {
      link = links++;
    } else {
      freeLink = nextLink.get(link);
    }
    linkedPage.set(link, page);
    nextLink.set(link, firstLink.get(node));
    firstLink.set(node, link);
  }

  /** Notes that a page does not lead to a node any more. */
  void unlink(int node, int page) {
    int before = NONE;
    int link = firstLink.get(node);
    while (linkedPage.get(link) != page) {
      before = link;
      link = nextLink.get(link);
    }
    if (before == NONE) {
      firstLink.set(node, nextLink.get(link));
    } else {
      nextLink.set(before, nextLink.get(link));
    }
    nextLink.set(link, freeLink);
    freeLink = link;
  }

  /** The first link to a page that leads to a node, -1 if there is none. */
  int firstLink(int node) {
    return firstLink.get(node);
  }

  int nextLink(int link) {
    return nextLink.get(link);
  }

  int pageOf(int link) {
    return linkedPage.get(link);
  }
}
