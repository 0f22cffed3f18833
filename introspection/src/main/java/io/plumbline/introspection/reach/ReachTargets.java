package io.plumbline.introspection.reach;

import java.util.Arrays;

/** Tells which node an address is, and how far a piece of data goes. */
final class ReachTargets {
  private static final int REMEMBERED = 1 << 15;
  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;
  private static final int NOTHING = -1;

  private final ReachNodes nodes;
  private final DataMemory memory;
  private final CodeMemory code;
  private final PointerRule rule;
  private final DataBudget budget;

  /** Code holds the same few addresses over and over. */
  private final long[] address = new long[REMEMBERED];

  private final int[] node = new int[REMEMBERED];
  private int objects;
  private boolean exhausted;

  ReachTargets(
      ReachNodes nodes, DataMemory memory, CodeMemory code, PointerRule rule, DataBudget budget) {
    this.nodes = nodes;
    this.memory = memory;
    this.code = code;
    this.rule = rule;
    this.budget = budget;
    // Numbers that small are no addresses, so that nobody asks for it.
    Arrays.fill(address, 1);
  }

  /** The code that is entered at an address, -1 if there is none. */
  int entered(long target) {
    return code.indexOf(target) < 0 ? NOTHING : nodes.of(ReachNodes.Kind.CODE, target);
  }

  /**
   * What an instruction that holds an address leads to: a variable, or code that it takes the
   * address of; -1 if neither.
   */
  int held(long target, boolean takes) {
    int slot = (int) ((target * GOLDEN) >>> Integer.SIZE) & REMEMBERED - 1;
    if (address[slot] != target) {
      address[slot] = target;
      node[slot] = variableOrCode(target);
    }
    int found = node[slot];
    boolean isCode = found >= 0 && nodes.kind(found) == ReachNodes.Kind.POINTED;
    return isCode && !takes ? NOTHING : found;
  }

  private int variableOrCode(long target) {
    return switch (memory.pageAt(target).kind()) {
      case NONE -> NOTHING;
      case CODE -> nodes.of(ReachNodes.Kind.POINTED, target);
      case READ_ONLY -> variable(ReachNodes.Kind.READ_ONLY, target);
      case WRITABLE -> variable(ReachNodes.Kind.WRITABLE, target);
    };
  }

  /** The pointer, or the table of pointers, at an address; -1 if no data is there. */
  int slot(ReachNodes.Kind kind, long target) {
    DataMemory.Kind lies = memory.pageAt(target).kind();
    return lies == DataMemory.Kind.READ_ONLY || lies == DataMemory.Kind.WRITABLE
        ? nodes.of(kind, target)
        : NOTHING;
  }

  /**
   * What a word in a piece of data leads to, -1 if nothing.
   *
   * @param depth pieces of run-time memory on the way
   */
  int pointed(long word, int depth) {
    DataMemory.Kind kind = memory.pageAt(word).kind();
    if (kind == DataMemory.Kind.CODE) {
      return nodes.of(ReachNodes.Kind.POINTED, word);
    }
    if (kind == DataMemory.Kind.NONE || (word & memory.wordBytes() - 1) != 0) {
      return NOTHING;
    }
    if (memory.isStatic(word)) {
      return variable(
          kind == DataMemory.Kind.READ_ONLY ? ReachNodes.Kind.READ_ONLY : ReachNodes.Kind.WRITABLE,
          word);
    }
    return depth < budget.heapDepth() ? object(ReachNodes.Kind.HEAP, word, word) : NOTHING;
  }

  /** The step that takes up what an instruction holds the address of. */
  ReachStep stepTo(int held) {
    return switch (nodes.kind(held)) {
      case READ_ONLY -> ReachStep.READ_ONLY_DATA;
      case WRITABLE -> ReachStep.WRITABLE_DATA;
      default -> ReachStep.CODE_ADDRESSES;
    };
  }

  /** The variable around an address. */
  private int variable(ReachNodes.Kind kind, long target) {
    return object(kind, rule.startOf(target), target);
  }

  /** The piece of data that begins at {@code start} and has {@code target} in it. */
  private int object(ReachNodes.Kind kind, long start, long target) {
    int known = nodes.find(kind, start);
    if (known >= 0) {
      return known;
    }
    if (objects >= budget.objects()) {
      exhausted = true;
      return NOTHING;
    }
    objects++;
    int object = nodes.of(kind, start);
    nodes.end(object, kind == ReachNodes.Kind.HEAP ? start + budget.heapBytes() : end(target));
    return object;
  }

  private long end(long target) {
    long end = rule.endOf(target);
    return end == rule.startOf(target) ? end + budget.objectBytes() : end;
  }

  /** Whether there were more pieces of data than the bound allows. */
  boolean exhausted() {
    return exhausted;
  }
}
