package io.plumbline.introspection.reach;

import io.plumbline.introspection.code.ControlFlow;
import io.plumbline.introspection.code.Instruction;
import io.plumbline.introspection.code.InstructionDecoder;
import io.plumbline.introspection.memory.PageBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Reads code for one look at a guest, so that others of its kind need not: what is the same in all
 * of them. An instruction is not, that holds an address by chance, or one that is moved with
 * something else than the image; it is decoded in each guest. Not for several threads.
 */
final class KnownCodeReader {
  private static final int PAGE = PageBytes.SIZE;

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

  private KnownPage.Builder builder;

  // The instruction that is read, and what it holds so far.
  private int at;
  private boolean moves;
  private boolean isSame;
  private final List<Held> held = new ArrayList<>();

  private record Held(KnownPage.What what, int node, long place) {}

  /**
   * @param known to be read and added to
   * @param guest who goes on from what its kind has in common
   * @param here the guest's addresses
   * @param isLike whether a page of the image, by its number, is the kind's but for addresses
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

  /** What is known of a page, all that an entry leads to on it among that. */
  KnownPage read(CodePage page, int entry) {
    long number = (page.address - here.image()) / PAGE;
    if (!here.isOfImage(page.address)
        || (here.image() & PAGE - 1) != 0
        || number >= known.pages()
        || !isLike.test((int) number)) {
      return KnownPage.NOTHING;
    }
    KnownPage all = known.at((int) number);
    if (all.isSeen(entry)) {
      reuse.found();
      return all;
    }
    if (!known.hasRoomFor((int) number)) {
      return all;
    }
    reuse.made();
    KnownPage more = readFrom(page, all, entry);
    known.add((int) number, more);
    return more;
  }

  /** The address that one of the things held on a page is in this guest. */
  long addressOf(KnownPage page, int index) {
    return page.isNumber(index) ? page.place(index) : here.addressOf(page.place(index));
  }

  private KnownPage readFrom(CodePage page, KnownPage before, int entry) {
    builder = new KnownPage.Builder(before);
    byte[] code =
        page.region.bytes(page.base, page.base + PAGE + InstructionDecoder.MAXIMUM_LENGTH - 1);
    SteadyCode.Fields fields = steady.fieldsOf(page);
    pending.push(entry);
    while (!pending.isEmpty()) {
      at = (int) pending.pop();
      while (at < PAGE && !builder.isSeen(at)) {
        long instruction = decoder.decode(code, page.base + at, page.region.length());
        if (instruction == Instruction.INVALID) {
          builder.seen(at);
          break;
        }
        read(page, code, instruction, fields);
        if (!Instruction.flow(instruction).fallsThrough()) {
          break;
        }
        at += Instruction.length(instruction);
      }
    }
    return builder.known();
  }

  private void read(CodePage page, byte[] code, long instruction, SteadyCode.Fields fields) {
    int offset = page.base + at;
    int length = Instruction.length(instruction);
    ControlFlow flow = Instruction.flow(instruction);
    held.clear();
    moves = Instruction.ripRelative(instruction) || Instruction.fsOrGsOverride(instruction);
    // What reaches into the next page is not told by this one.
    isSame = at + length <= PAGE && steady.isSteady(code, offset, instruction, fields);
    references.read(code, offset, instruction, page.address + at, this::holds);
    if (flow.direct()) {
      goes(page, flow, Instruction.target(code, offset, instruction, page.address + at));
    }
    if (isSame) {
      builder.add(at, length, !flow.fallsThrough());
      held.forEach(each -> builder.holds(at, each.what, each.node, each.place));
    } else {
      builder.seen(at);
    }
  }

  private void goes(CodePage page, ControlFlow flow, long target) {
    long place = here.placeOf(target);
    if (flow != ControlFlow.CALL && target - page.address >= 0 && target - page.address < PAGE) {
      pending.push(target - page.address);
      held.add(new Held(KnownPage.What.STAYS, KnownPage.ASKED, target - page.address));
    } else {
      isSame &= place >= 0;
      int node = nodes.ofOthers(ReachNodes.Kind.CODE, target);
      KnownPage.What what = flow == ControlFlow.CALL ? KnownPage.What.CALLS : KnownPage.What.JUMPS;
      held.add(new Held(what, node, place));
    }
  }

  private void holds(long address, References.Use use) {
    long place = here.placeOf(address);
    if (place < 0) {
      // A number is the same in all guests, but what it leads to is not.
      isSame &= !moves;
    }
    boolean takes = use == References.Use.TAKES;
    add(
        takes ? KnownPage.What.TAKES : KnownPage.What.ACCESSES,
        place,
        address,
        targets.heldByOthers(address, takes));
    if (use == References.Use.GOES_THROUGH) {
      add(KnownPage.What.SLOT, place, address, targets.slotOfOthers(ReachNodes.Kind.SLOT, address));
    } else if (use == References.Use.INDEXES) {
      add(
          KnownPage.What.TABLE,
          place,
          address,
          targets.slotOfOthers(ReachNodes.Kind.TABLE, address));
    }
  }

  private void add(KnownPage.What what, long place, long address, int node) {
    held.add(place < 0 ? new Held(what, KnownPage.NUMBER, address) : new Held(what, node, place));
  }
}
