package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.ControlFlow;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.memory.PageBytes;

/**
 * Follows control flow from one entry as far as it stays on a page, through instructions that are
 * admitted, and tells where it leads from there.
 */
final class CodeSweep {
  private final InstructionDecoder decoder;
  private final References references;
  private final GatedExploration.Gate gate;
  private final ReachTargets targets;
  private final LongStack pending = new LongStack();
  private final References.Reader holder = this::holds;
  private long allowance;
  // What the sweep is about.
  private CodePage page;
  private long key;
  private int at;
  private int site;
  private ReachSink sink;

  CodeSweep(GuestKernel kernel, GatedExploration.Gate gate, ReachTargets targets) {
    this.decoder = InstructionDecoder.forMode(kernel.mode());
    this.references = new References(kernel.mode(), kernel.vcpu().processorData());
    this.gate = gate;
    this.targets = targets;
  }

  /** Allows so many instructions from now on. */
  void allow(long instructions) {
    allowance = instructions;
  }

  /**
   * Follows what nothing before this entry led to on the page.
   *
   * @param offset of the entry
   * @param key it is reached with
   */
  void sweep(CodePage page, int offset, long key, ReachSink sink) {
    this.page = page;
    this.key = key;
    targets.sweeps(page.number);
    this.sink = sink;
    pending.push(offset);
    // The last instruction may begin with the last byte of the page.
    byte[] code =
        page.region.bytes(
            page.base, page.base + PageBytes.SIZE + InstructionDecoder.MAXIMUM_LENGTH - 1);
    while (!pending.isEmpty()) {
      run(code, (int) pending.pop());
    }
  }

  private void run(byte[] code, int from) {
    CodeRegion region = page.region;
    at = from;
    while (true) {
      if (at >= PageBytes.SIZE) {
        enter(page.address + at, ReachKey.jumped(key));
        return;
      }
      if (page.startsAt(at)) {
        return;
      }
      site = at;
      page.looksBeyond |= at > PageBytes.SIZE - InstructionDecoder.MAXIMUM_LENGTH;
      int offset = page.base + at;
      long instruction = decoder.decode(code, offset, region.length());
      if (instruction == Instruction.INVALID) {
        undecodable(region, code, offset);
        return;
      }
      int length = Instruction.length(instruction);
      if (!gate.admits(region, offset, length)) {
        page.refuse(at, length, key);
        return;
      }
      if (allowance-- <= 0) {
        return;
      }
      page.follow(at, length, ReachKey.stepOf(key));
      references.read(code, offset, instruction, page.address + at, holder);
      ControlFlow flow = Instruction.flow(instruction);
      if (flow.direct()) {
        go(flow, Instruction.target(code, offset, instruction, page.address + at));
      }
      if (!flow.fallsThrough()) {
        return;
      }
      at += length;
    }
  }

  /** What ends before its last byte leaves the region there; all else is no instruction. */
  private void undecodable(CodeRegion region, byte[] code, int offset) {
    page.endsInNoInstruction = true;
    if (region.length() - offset < InstructionDecoder.MAXIMUM_LENGTH) {
      byte[] continued = new byte[InstructionDecoder.MAXIMUM_LENGTH];
      System.arraycopy(code, offset, continued, 0, region.length() - offset);
      if (decoder.decode(continued, 0, InstructionDecoder.MAXIMUM_LENGTH) != Instruction.INVALID) {
        return;
      }
    }
    if (!gate.admits(region, offset, 0)) {
      page.refuse(at, 0, key);
    }
  }

  private void go(ControlFlow flow, long target) {
    if (flow == ControlFlow.CALL) {
      enter(target, ReachKey.called(key));
    } else if (target - page.address >= 0 && target - page.address < PageBytes.SIZE) {
      pending.push(target - page.address);
    } else {
      enter(target, ReachKey.jumped(key));
    }
  }

  private void enter(long target, long reached) {
    leads(targets.entered(target), reached);
  }

  private void holds(long address, References.Use use) {
    boolean takes = use == References.Use.TAKES;
    int node = targets.held(address, takes);
    if (node >= 0) {
      leads(node, ReachKey.jumped(ReachKey.at(targets.stepTo(node), key)));
    }
    if (use == References.Use.GOES_THROUGH || use == References.Use.INDEXES) {
      ReachNodes.Kind kind =
          use == References.Use.INDEXES ? ReachNodes.Kind.TABLE : ReachNodes.Kind.SLOT;
      leads(targets.slot(kind, address), ReachKey.jumped(ReachKey.at(ReachStep.SLOTS, key)));
    }
  }

  private void leads(int node, long reached) {
    if (node >= 0) {
      sink.leads(node, reached, site);
    }
  }
}
