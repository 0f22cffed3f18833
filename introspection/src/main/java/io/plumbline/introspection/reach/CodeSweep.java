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
  /** Marks the offset of an instruction that has to be decoded though its page is known. */
  private static final int OPEN = PageBytes.SIZE;

  private final InstructionDecoder decoder;
  private final References references;
  private final GatedExploration.Gate gate;
  private final ReachTargets targets;
  private final LongStack pending = new LongStack();
  private final References.Reader holder = this::holds;
  private long allowance;

  /** Null if nothing is known of what the code says. */
  private KnownCodeReader reader;

  // What the sweep is about.
  private CodePage page;

  /** Whether it may be gone by what is known of it. */
  private boolean mayKnow;

  /** Null until something has to be decoded. */
  private byte[] code;

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

  /** Goes by what is known of code from now on. */
  void goBy(KnownCodeReader known) {
    reader = known;
  }

  /** Takes note that the page of code at an address may hold something else from now on. */
  void codeChanged(long address) {
    if (reader != null) {
      reader.codeChanged(address);
    }
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
    begin(page, key, sink);
    this.code = null;
    this.mayKnow = mayKnow(page);
    pending.push(offset);
    while (!pending.isEmpty()) {
      run((int) pending.pop());
    }
  }

  /**
   * Takes in that an entry of a page is new among others, or is reached in a better way by the same
   * step: all that is followed from it leads on with its key, if that is better.
   *
   * <p>That is what a sweep of the whole page would tell. Entries share what they both come to, and
   * the first has it; of two of the same step the first gives the better keys, too. So nothing may
   * be shared with one of another step.
   *
   * @return whether that is known of all of it, and it is so
   */
  boolean takeIn(CodePage page, int node, ReachNodes nodes, ReachSink sink) {
    if (!mayKnow(page)) {
      return false;
    }
    KnownEntry entry = closed(page, node, nodes);
    if (entry == null || entry.instructions() > allowance) {
      return false;
    }
    int step = ReachKey.stepOf(nodes.key(node));
    for (int i = 0; i < page.entryCount(); i++) {
      if (ReachKey.stepOf(nodes.key(page.entry(i))) != step) {
        KnownEntry other = closed(page, page.entry(i), nodes);
        if (other == null || entry.meets(other)) {
          return false;
        }
      }
    }
    begin(page, nodes.key(node), sink);
    for (KnownEntry.Held each : entry.held()) {
      follow(each);
    }
    page.follow(entry, step);
    return true;
  }

  /** What is known of an entry, null if something has to be decoded for it. */
  private KnownEntry closed(CodePage page, int node, ReachNodes nodes) {
    KnownEntry entry = reader.read(page, (int) (nodes.address(node) - page.address));
    return entry == null || entry.openCount() > 0 ? null : entry;
  }

  /** Whether something may be known of a page, and all of it is admitted. */
  private boolean mayKnow(CodePage page) {
    return reader != null
        && reader.mayKnow(page)
        && gate.admitsAll(page.region, page.base, PageBytes.SIZE);
  }

  private void begin(CodePage page, long key, ReachSink sink) {
    this.page = page;
    this.key = key;
    this.sink = sink;
    targets.sweeps(page.number);
  }

  private byte[] code() {
    if (code == null) {
      // The last instruction may begin with the last byte of the page.
      code =
          page.region.bytes(
              page.base, page.base + PageBytes.SIZE + InstructionDecoder.MAXIMUM_LENGTH - 1);
    }
    return code;
  }

  private void run(int from) {
    at = from & PageBytes.SIZE - 1;
    boolean isOpen = from != at;
    while (at < PageBytes.SIZE) {
      if (page.startsAt(at)) {
        return;
      }
      KnownEntry known = mayKnow && !isOpen ? reader.read(page, at) : null;
      if (known != null && known.instructions() <= allowance) {
        follow(known);
        return;
      }
      isOpen = false;
      site = at;
      page.looksBeyond |= at > PageBytes.SIZE - InstructionDecoder.MAXIMUM_LENGTH;
      if (!decode()) {
        return;
      }
    }
    enter(page.address + at, ReachKey.jumped(key));
  }

  /**
   * Follows what is known of an entry: all that was not followed before, as what is followed on a
   * page has whatever it leads to there.
   */
  private void follow(KnownEntry known) {
    for (KnownEntry.Held each : known.held()) {
      if (!page.startsAt(each.site())) {
        follow(each);
      }
    }
    for (int i = 0; i < known.openCount(); i++) {
      pending.push(known.open(i) + OPEN);
    }
    allowance -= page.follow(known, ReachKey.stepOf(key));
  }

  private void follow(KnownEntry.Held held) {
    site = held.site();
    switch (held.what()) {
      case CALLS, JUMPS -> {
        int to = held.isAsked() ? targets.entered(reader.addressOf(held)) : held.node();
        boolean calls = held.what() == KnownEntry.What.CALLS;
        leads(to, calls ? ReachKey.called(key) : ReachKey.jumped(key));
      }
      case TAKES, ACCESSES -> {
        boolean takes = held.what() == KnownEntry.What.TAKES;
        holds(held.isAsked() ? targets.held(reader.addressOf(held), takes) : held.node());
      }
      case SLOT, TABLE -> {
        ReachNodes.Kind kind =
            held.what() == KnownEntry.What.TABLE ? ReachNodes.Kind.TABLE : ReachNodes.Kind.SLOT;
        goesThrough(held.isAsked() ? targets.slot(kind, reader.addressOf(held)) : held.node());
      }
    }
  }

  /** Decodes and follows an instruction; whether it goes on to the next. */
  private boolean decode() {
    int offset = page.base + at;
    long instruction = decoder.decode(code(), offset, page.region.length());
    if (instruction == Instruction.INVALID) {
      undecodable(page.region, code, offset);
      return false;
    }
    int length = Instruction.length(instruction);
    if (!mayFollow(length)) {
      return false;
    }
    references.read(code, offset, instruction, page.address + at, holder);
    ControlFlow flow = Instruction.flow(instruction);
    if (flow.direct()) {
      go(flow, Instruction.target(code, offset, instruction, page.address + at));
    }
    at += length;
    return flow.fallsThrough();
  }

  /** Notes an instruction that is followed, if it is admitted and the bound allows one more. */
  private boolean mayFollow(int length) {
    if (!gate.admits(page.region, page.base + at, length)) {
      page.refuse(at, length, key);
      return false;
    }
    if (allowance-- <= 0) {
      return false;
    }
    page.follow(at, length, ReachKey.stepOf(key));
    return true;
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
    holds(targets.held(address, use == References.Use.TAKES));
    if (use == References.Use.GOES_THROUGH || use == References.Use.INDEXES) {
      ReachNodes.Kind kind =
          use == References.Use.INDEXES ? ReachNodes.Kind.TABLE : ReachNodes.Kind.SLOT;
      goesThrough(targets.slot(kind, address));
    }
  }

  private void holds(int node) {
    if (node >= 0) {
      leads(node, ReachKey.jumped(ReachKey.at(targets.stepTo(node), key)));
    }
  }

  private void goesThrough(int node) {
    leads(node, ReachKey.jumped(ReachKey.at(ReachStep.SLOTS, key)));
  }

  private void leads(int node, long reached) {
    if (node >= 0) {
      sink.leads(node, reached, site);
    }
  }
}
