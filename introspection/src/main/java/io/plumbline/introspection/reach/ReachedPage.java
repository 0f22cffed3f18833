package io.plumbline.introspection.reach;

import java.util.Arrays;

/** A page that something reached lies on: what enters it, and where it leads. */
abstract sealed class ReachedPage permits CodePage, DataPage {
  private static final int[] NO_ENTRIES = {};
  private static final int NEVER = -1;

  /** Bytes of what every page has, small fields and headers. */
  private static final int OBJECTS = 256;

  /** Linear address of its first byte. */
  final long address;

  /** By which links name it. */
  final int number;

  /** Each target once. */
  private ReachEdges edges;

  /** Whether they are another page's, too. */
  private boolean sharesEdges;

  private int[] entries = NO_ENTRIES;
  private int entryCount;

  /** Whether they are another page's, too. */
  private boolean sharesEntries;

  /** The last round in which somebody asked for it. */
  private int asked = NEVER;

  ReachedPage(long address, int number) {
    this.address = address;
    this.number = number;
    this.edges = new ReachEdges();
  }

  /** The same page of another guest, which leads to the same nodes. */
  ReachedPage(ReachedPage other, long address) {
    this.address = address;
    this.number = other.number;
    this.edges = other.edges;
    this.sharesEdges = true;
    this.entries = other.entries;
    this.entryCount = other.entryCount;
    this.sharesEntries = true;
  }

  /** Pages of a graph are told apart by their numbers, and are in many sets. */
  @Override
  public final int hashCode() {
    return number;
  }

  @Override
  public final boolean equals(Object other) {
    return this == other;
  }

  /** Notes that somebody asks for it. */
  void askedIn(int round) {
    asked = round;
  }

  /** Whether somebody asked for it in a round. */
  boolean isAskedIn(int round) {
    return asked == round;
  }

  /** The same page, without what it holds. */
  abstract ReachedPage withoutContent();

  /** Where it leads, for who only looks. */
  ReachEdges edges() {
    return edges;
  }

  /** Where it leads, for who adds to it. */
  ReachEdges ownEdges() {
    if (sharesEdges) {
      leadsTo(edges.copy());
    }
    return edges;
  }

  void leadsTo(ReachEdges now) {
    edges = now;
    sharesEdges = false;
  }

  /** Takes these for what enters, in their order. */
  void enteredBy(int[] nodes) {
    entries = nodes;
    entryCount = nodes.length;
    sharesEntries = false;
  }

  void enter(int node) {
    ownEntries();
    if (entryCount == entries.length) {
      entries = Arrays.copyOf(entries, Math.max(4, entryCount + (entryCount >> 1)));
    }
    entries[entryCount++] = node;
  }

  void leave(int node) {
    ownEntries();
    int at = 0;
    while (entries[at] != node) {
      at++;
    }
    entryCount--;
    System.arraycopy(entries, at + 1, entries, at, entryCount - at);
  }

  private void ownEntries() {
    if (sharesEntries) {
      entries = Arrays.copyOf(entries, entryCount);
      sharesEntries = false;
    }
  }

  /** Bytes, about, that are not another guest's, too. */
  long heldBytes() {
    return OBJECTS
        + (sharesEntries ? 0 : (long) entries.length * Integer.BYTES)
        + (sharesEdges ? 0 : edges.heldBytes());
  }

  /** Whether what enters is, in its order, what enters the page of the kind of guest. */
  boolean isEnteredAsKind() {
    return sharesEntries;
  }

  int entryCount() {
    return entryCount;
  }

  int entry(int index) {
    return entries[index];
  }

  /** Whether the same enters another page, in the same order. */
  boolean isEnteredAs(ReachedPage other) {
    return Arrays.equals(entries, 0, entryCount, other.entries, 0, other.entryCount);
  }

  /** Whether another page leads to the same in the same way. */
  boolean leadsAs(ReachedPage other) {
    return edges.isLike(other.edges);
  }

  /**
   * Whether no entry comes after the one that was entered last: all others are in order, or the
   * page is to be looked at again anyway.
   */
  boolean endsWith(int node, ReachNodes nodes) {
    return entries[entryCount - 1] == node
        && (entryCount == 1 || nodes.key(entries[entryCount - 2]) <= nodes.key(node));
  }

  /** Puts the entries in the order in which they count; few of them have moved since the last. */
  void sort(ReachNodes nodes) {
    for (int i = 1; i < entryCount; i++) {
      int node = entries[i];
      int at = i;
      while (at > 0 && nodes.isBefore(node, entries[at - 1])) {
        ownEntries();
        entries[at] = entries[at - 1];
        at--;
      }
      if (at < i) {
        entries[at] = node;
      }
    }
  }
}
