package io.plumbline.introspection.reach;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Tells which node an address is, and how far a piece of data goes. */
final class ReachTargets {
  private static final int REMEMBERED = 1 << 12;
  private static final int NOTHING = -1;

  private final ReachNodes nodes;
  private final DataMemory memory;
  private final CodeMemory code;
  private final PointerRule rule;
  private final DataBudget budget;

  /** Null while nothing is remembered. */
  private Held remembered;

  private int objects;
  private boolean exhausted;

  /**
   * Where pages begin that code has addresses on and that are not looked at, and the pages of code
   * that have them.
   */
  private final Map<Long, BitSet> unseen = new HashMap<>();

  private int swept;

  /** The region that was entered last; null at first. */
  private CodeRegion entered;

  ReachTargets(
      ReachNodes nodes, DataMemory memory, CodeMemory code, PointerRule rule, DataBudget budget) {
    this.nodes = nodes;
    this.memory = memory;
    this.code = code;
    this.rule = rule;
    this.budget = budget;
  }

  /** What addresses lead to: code holds the same few over and over. */
  private static final class Held {
    private final long[] address = new long[REMEMBERED];
    private final int[] node = new int[REMEMBERED];

    Held() {
      // Numbers that small are no addresses, so that nobody asks for it.
      Arrays.fill(address, 1);
    }
  }

  /** Pieces of data that were taken up. */
  int objects() {
    return objects;
  }

  /** Goes on as who took up so many pieces of data. */
  void continueFrom(int before) {
    objects = before;
  }

  /** Asked from now on by code on a page. */
  void sweeps(int page) {
    swept = page;
  }

  /**
   * Where pages begin that code has addresses on and that were not looked at, and the pages of code
   * that have them.
   */
  Map<Long, BitSet> unseen() {
    return unseen;
  }

  /** Gives back what only makes it faster. */
  void giveBack() {
    remembered = null;
  }

  /** Whether something is on the page around an address. */
  boolean isAnything(long target) {
    return code.indexOf(target) >= 0 || memory.pageAt(target).kind() != DataMemory.Kind.NONE;
  }

  /** The code that is entered at an address, -1 if there is none. */
  int entered(long target) {
    if (!sees(target)) {
      return NOTHING;
    }
    return isCode(target) ? nodes.of(ReachNodes.Kind.CODE, target) : NOTHING;
  }

  /** Much of what code enters lies where it lies. */
  private boolean isCode(long target) {
    if (entered != null && entered.contains(target)) {
      return true;
    }
    Optional<CodeRegion> found = code.regionAt(target);
    entered = found.orElse(entered);
    return found.isPresent();
  }

  private boolean sees(long target) {
    boolean sees = memory.sees(target);
    if (!sees) {
      unseen.computeIfAbsent(target & -PageBytes.SIZE, fresh -> new BitSet()).set(swept);
    }
    return sees;
  }

  /**
   * What an instruction that holds an address leads to: a variable, or code that it takes the
   * address of; -1 if neither.
   */
  int held(long target, boolean takes) {
    if (!sees(target)) {
      return NOTHING;
    }
    int slot = Spread.slot(target, REMEMBERED);
    if (remembered == null) {
      remembered = new Held();
    }
    if (remembered.address[slot] != target) {
      remembered.address[slot] = target;
      remembered.node[slot] = variableOrCode(target);
    }
    int found = remembered.node[slot];
    boolean isCode = found >= 0 && nodes.kind(found) == ReachNodes.Kind.POINTED;
    return isCode && !takes ? NOTHING : found;
  }

  /**
   * The node that {@link #held} gives in every guest that goes on from the same other one; -1 if
   * that is each guest's own. Nothing is read for it.
   */
  int heldByOthers(long target, boolean takes) {
    if (code.indexOf(target) >= 0) {
      return takes ? nodes.ofOthers(ReachNodes.Kind.POINTED, target) : NOTHING;
    }
    return switch (memory.kindOfOthers(target)) {
      case READ_ONLY -> nodes.ofOthers(ReachNodes.Kind.READ_ONLY, rule.startOf(target));
      case WRITABLE -> nodes.ofOthers(ReachNodes.Kind.WRITABLE, rule.startOf(target));
      default -> NOTHING;
    };
  }

  /** The same of what {@link #slot} gives. */
  int slotOfOthers(ReachNodes.Kind kind, long target) {
    return memory.kindOfOthers(target) == DataMemory.Kind.NONE
        ? NOTHING
        : nodes.ofOthers(kind, target);
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
