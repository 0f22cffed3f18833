package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.ControlFlow;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Reads code of a guest, so that others of its kind need not: what is the same in all of them. An
 * instruction is not, that holds an address by chance, or one that is moved with something else
 * than the image; it is decoded in each guest. Not for several threads.
 */
final class KnownCodeReader {
  private static final int PAGE = PageBytes.SIZE;
  private static final long NOWHERE = -1;

  private final KnownCode known;
  private final CommonAddresses here;
  private final IntPredicate isLike;
  private final InstructionDecoder decoder;
  private final References references;
  private final SteadyCode steady;
  private final ReachNodes nodes;
  private final ReachTargets targets;
  private final Sharing reuse;
  private final LongStack pending = new LongStack();

  /** Numbers of pages of the image that may be another than the kind's. */
  private final BitSet others = new BitSet();

  // The instruction that is read, and what it holds so far.
  private int at;
  private boolean moves;
  private boolean isSame;
  private final List<KnownEntry.Held> held = new ArrayList<>();

  /**
   * @param known to be read and added to
   * @param guest who goes on from what its kind has in common
   * @param here the guest's addresses
   * @param isLike whether a page of the image, by its number, was the kind's but for addresses as
   *     long as nothing {@linkplain #codeChanged changed} there
   * @param reuse counts what was known, and what was read
   */
  KnownCodeReader(
      KnownCode known,
      ReachGraph guest,
      CommonAddresses here,
      IntPredicate isLike,
      CommonReach.CodeLikeness likeness,
      Sharing reuse) {
    GuestKernel kernel = guest.kernel();
    this.known = known;
    this.here = here;
    this.isLike = isLike;
    this.decoder = InstructionDecoder.forMode(kernel.mode());
    this.references = new References(kernel.mode(), kernel.vcpu().processorData());
    this.steady = new SteadyCode(kernel.mode(), here, likeness);
    this.nodes = guest.nodes;
    this.targets = guest.targets();
    this.reuse = reuse;
  }

  /** Takes note that the page of code at an address may hold something else from now on. */
  void codeChanged(long address) {
    if (here.isOfImage(address)) {
      others.set(numberOf(address));
    }
  }

  /** Whether anything may be known of a page. */
  boolean mayKnow(CodePage page) {
    if (!here.isOfImage(page.address) || (here.image() & PAGE - 1) != 0) {
      return false;
    }
    int number = numberOf(page.address);
    return number < known.pages() && !others.get(number) && isLike.test(number);
  }

  private int numberOf(long address) {
    return (int) ((address - here.image()) / PAGE);
  }

  /**
   * What is known of an entry of a page of which something {@linkplain #mayKnow may be}; null if
   * there is no room to know it.
   */
  KnownEntry read(CodePage page, int entry) {
    int number = numberOf(page.address);
    KnownEntry before = known.at(number).at(entry);
    if (before != null) {
      reuse.found();
      return before;
    }
    if (!known.hasRoom()) {
      return null;
    }
    reuse.made();
    KnownEntry read = readFrom(page, entry);
    known.add(number, entry, read);
    return read;
  }

  /** The address that a thing held by an instruction is in this guest. */
  long addressOf(KnownEntry.Held held) {
    return held.isNumber() ? held.place() : here.addressOf(held.place());
  }

  private KnownEntry readFrom(CodePage page, int entry) {
    KnownEntry.Builder builder = new KnownEntry.Builder();
    byte[] code =
        page.region.bytes(page.base, page.base + PAGE + InstructionDecoder.MAXIMUM_LENGTH - 1);
    SteadyCode.Fields fields = steady.fieldsOf(page);
    pending.push(entry);
    while (!pending.isEmpty()) {
      at = (int) pending.pop();
      while (at < PAGE && !builder.isMet(at)) {
        long instruction = decoder.decode(code, page.base + at, page.region.length());
        if (instruction == Instruction.INVALID || !read(page, code, instruction, fields)) {
          builder.open(at);
          break;
        }
        builder.follow(at, Instruction.length(instruction), held);
        if (!Instruction.flow(instruction).fallsThrough()) {
          break;
        }
        at += Instruction.length(instruction);
      }
    }
    return builder.known();
  }

  /**
   * Reads what an instruction holds, and goes on where it jumps to on its page, if that is the same
   * in all guests; whether it is.
   */
  private boolean read(CodePage page, byte[] code, long instruction, SteadyCode.Fields fields) {
    int offset = page.base + at;
    int behind = at + Instruction.length(instruction);
    ControlFlow flow = Instruction.flow(instruction);
    held.clear();
    moves = Instruction.ripRelative(instruction) || Instruction.fsOrGsOverride(instruction);
    // What reaches into the next page is not told by this one.
    isSame = behind <= PAGE && steady.isSteady(code, offset, instruction, fields);
    references.read(code, offset, instruction, page.address + at, this::holds);
    long jumpsTo = NOWHERE;
    if (flow.direct()) {
      long target = Instruction.target(code, offset, instruction, page.address + at);
      if (flow == ControlFlow.CALL) {
        enters(KnownEntry.What.CALLS, target);
      } else if (target - page.address >= 0 && target - page.address < PAGE) {
        jumpsTo = target - page.address;
      } else {
        enters(KnownEntry.What.JUMPS, target);
      }
    }
    if (flow.fallsThrough() && behind == PAGE) {
      enters(KnownEntry.What.JUMPS, page.address + PAGE);
    }
    if (isSame && jumpsTo != NOWHERE) {
      pending.push(jumpsTo);
    }
    return isSame;
  }

  private void enters(KnownEntry.What what, long target) {
    long place = here.placeOf(target);
    isSame &= place >= 0;
    held.add(new KnownEntry.Held(at, what, nodes.ofOthers(ReachNodes.Kind.CODE, target), place));
  }

  private void holds(long address, References.Use use) {
    long place = here.placeOf(address);
    if (place < 0) {
      // A number is the same in all guests, but what it leads to is not.
      isSame &= !moves;
    }
    boolean takes = use == References.Use.TAKES;
    add(
        takes ? KnownEntry.What.TAKES : KnownEntry.What.ACCESSES,
        place,
        address,
        targets.heldByOthers(address, takes));
    if (use == References.Use.GOES_THROUGH) {
      add(
          KnownEntry.What.SLOT,
          place,
          address,
          targets.slotOfOthers(ReachNodes.Kind.SLOT, address));
    } else if (use == References.Use.INDEXES) {
      add(
          KnownEntry.What.TABLE,
          place,
          address,
          targets.slotOfOthers(ReachNodes.Kind.TABLE, address));
    }
  }

  private void add(KnownEntry.What what, long place, long address, int node) {
    held.add(
        place < 0
            ? new KnownEntry.Held(at, what, KnownEntry.NUMBER, address)
            : new KnownEntry.Held(at, what, node, place));
  }
}
