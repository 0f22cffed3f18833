package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.ControlFlow;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Follows direct control flow from a set of entries through executable memory, each instruction
 * once. Functions are taken breadth first, so that the recorded callers make a shortest call path;
 * inside a function the order is depth first.
 *
 * <p>A function here is a call target or an entry; nothing is known of symbols.
 */
final class Traversal {
  /** How a function was first reached. */
  record Caller(long site, long function) {}

  private final CodeMemory memory;
  private final List<CodeRegion> regions;
  private final CodeMode mode;
  private final InstructionDecoder decoder;
  private final TraversalVisitor visitor;
  private final long instructionBudget;
  private final long blockBudget;

  /** For each region the instructions that were followed. */
  final FollowedCode[] followed;

  /** For each region the offsets at which a basic block begins. */
  final BitSet[] leaders;

  /** For each region the offsets of functions. */
  final BitSet[] functions;

  private final LongStack called = new LongStack();
  private final LongStack callSites = new LongStack();
  private final LongStack callingFunctions = new LongStack();
  private Map<Long, Caller> callers = Map.of();
  private final LongStack order = new LongStack();
  private LongStack queue = new LongStack();
  private LongStack nextQueue = new LongStack();
  private final LongStack pending = new LongStack();
  private long instructions;
  private long blocks;
  private long invalid;

  Traversal(CodeMemory memory, CodeMode mode, ExplorationBudget budget, TraversalVisitor visitor) {
    this.memory = memory;
    this.regions = memory.regions();
    this.mode = mode;
    this.decoder = InstructionDecoder.forMode(mode);
    this.visitor = visitor;
    this.instructionBudget = budget.instructions();
    this.blockBudget = budget.blocks();
    this.followed = new FollowedCode[regions.size()];
    this.leaders = new BitSet[regions.size()];
    this.functions = new BitSet[regions.size()];
    for (int i = 0; i < regions.size(); i++) {
      int bytes = regions.get(i).length();
      followed[i] = new FollowedCode(bytes);
      leaders[i] = new BitSet(bytes);
      functions[i] = new BitSet(bytes);
    }
  }

  /** Follows everything that hangs on these entries and was not followed before. */
  void from(long... entries) {
    for (long entry : entries) {
      function(entry, entry, entry);
    }
    follow();
  }

  private void follow() {
    while (!nextQueue.isEmpty()) {
      LongStack level = nextQueue;
      nextQueue = queue;
      queue = level;
      for (int i = 0; i < queue.size() && !exhausted(); i++) {
        long function = queue.get(i);
        order.push(function);
        pending.push(function);
        while (!pending.isEmpty() && !exhausted()) {
          sweep(pending.pop(), function);
        }
        pending.clear();
      }
      queue.clear();
      if (exhausted()) {
        return;
      }
    }
  }

  /** Whether the budget of instructions or that of blocks ended the traversal. */
  boolean exhausted() {
    return instructions >= instructionBudget || blocks >= blockBudget;
  }

  /** Instructions followed. */
  long instructions() {
    return instructions;
  }

  /** Basic blocks begun. */
  long blocks() {
    return blocks;
  }

  /** Paths that ended at bytes which are no instruction. */
  long invalid() {
    return invalid;
  }

  /** The functions in the order in which they were reached, entries first. */
  long[] functionsInOrder() {
    return order.toArray();
  }

  /** How {@code function} was first reached; null for an entry. */
  Caller callerOf(long function) {
    if (callers.size() < called.size()) {
      indexCallers();
    }
    return callers.get(function);
  }

  /** Only a finding asks for callers, and most guests have none. */
  private void indexCallers() {
    Map<Long, Caller> index = new HashMap<>();
    for (int i = 0; i < called.size(); i++) {
      index.put(called.get(i), new Caller(callSites.get(i), callingFunctions.get(i)));
    }
    callers = index;
  }

  /** Bytes of the followed instructions in all regions; overlapping instructions count once. */
  long bytes() {
    return Arrays.stream(followed).mapToLong(FollowedCode::bytes).sum();
  }

  /** Takes up a function unless it was; an entry is its own caller. */
  private void function(long entry, long site, long function) {
    int region = memory.indexOf(entry);
    if (region < 0) {
      visitor.leavesMemory(entry, site, function);
      return;
    }
    int offset = regions.get(region).offsetOf(entry);
    if (!functions[region].get(offset)) {
      functions[region].set(offset);
      lead(region, offset);
      nextQueue.push(entry);
      if (site != entry || function != entry) {
        called.push(entry);
        callSites.push(site);
        callingFunctions.push(function);
      }
    }
  }

  private void lead(int region, int offset) {
    if (!leaders[region].get(offset)) {
      leaders[region].set(offset);
      blocks++;
    }
  }

  private void sweep(long address, long function) {
    int index = memory.indexOf(address);
    if (index < 0) {
      visitor.leavesMemory(address, function, function);
      return;
    }
    CodeRegion region = regions.get(index);
    byte[] code = region.bytes();
    FollowedCode seen = followed[index];
    int offset = region.offsetOf(address);
    lead(index, offset);
    while (true) {
      if (offset >= code.length) {
        visitor.leavesMemory(region.start() + offset, function, function);
        return;
      }
      if (seen.startsAt(offset)) {
        return;
      }
      long instruction = decoder.decode(code, offset, code.length);
      if (instruction == Instruction.INVALID) {
        undecodable(region, offset, function);
        return;
      }
      if (!visitor.admit(region, offset, instruction, function)) {
        return;
      }
      instructions++;
      int length = Instruction.length(instruction);
      seen.add(offset, length);
      follow(region, index, offset, instruction, function);
      if (!Instruction.flow(instruction).fallsThrough() || exhausted()) {
        return;
      }
      offset += length;
    }
  }

  /** What ends before its last byte leaves the region there; all else is no instruction. */
  private void undecodable(CodeRegion region, int offset, long function) {
    byte[] code = region.bytes();
    if (code.length - offset < InstructionDecoder.MAXIMUM_LENGTH) {
      byte[] continued =
          Arrays.copyOfRange(code, offset, offset + InstructionDecoder.MAXIMUM_LENGTH);
      if (decoder.decode(continued, 0, InstructionDecoder.MAXIMUM_LENGTH) != Instruction.INVALID) {
        long end = region.start() + code.length;
        visitor.leavesMemory(end, region.start() + offset, function);
        return;
      }
    }
    invalid++;
    visitor.undecodable(region, offset, function);
  }

  private void follow(CodeRegion region, int index, int offset, long instruction, long function) {
    ControlFlow flow = Instruction.flow(instruction);
    byte[] code = region.bytes();
    long address = region.start() + offset;
    if (flow.direct()) {
      long target = Instruction.target(code, offset, instruction, address);
      if (flow == ControlFlow.CALL) {
        function(target, address, function);
        return;
      }
      pending.push(target);
      if (flow == ControlFlow.BRANCH) {
        lead(index, offset + Instruction.length(instruction));
      }
      return;
    }
    long table = TableOperand.of(code, offset, instruction, mode);
    if (table != TableOperand.NONE) {
      visitor.usesTable(table, address, function);
    }
  }
}
