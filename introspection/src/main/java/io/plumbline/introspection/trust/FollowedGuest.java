package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.hardware.ControlRegisters;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.TableMove;
import io.plumbline.introspection.memory.WatchedPages;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.reach.CodeMemory;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.reach.PointerWords;
import io.plumbline.introspection.verify.image.Workspace;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A guest that is judged again whenever it changed, at a cost that follows the change. By law the
 * verdict is that of a judge who sees the guest for the first time.
 *
 * <p>Three things are kept. Of everything that is small, page tables, descriptors, modules, what
 * monitors look at, the words that were read: as long as none of them is another one, what was made
 * of them holds. The image's bytes and everything that was reached follow the guest by themselves.
 * What cannot be followed is judged from scratch. Not for several threads.
 */
public final class FollowedGuest implements Follower {
  /** How the last verdict came about. */
  public enum Way {
    /** Nothing that counts is another: the verdict before. */
    SAME,
    /** What changed was taken in. */
    FOLLOWED,
    /** All of the guest was looked at. */
    FROM_SCRATCH
  }

  /** Bytes that modules, words that were read and the like take together. */
  private static final long SMALL_THINGS = 1L << 19;

  private final KernelJudge judge;
  private final Supplier<Workspace> workspace;
  private final boolean light;

  /** Between two verdicts nobody reads, and no page of the guest is held. */
  private static final PageSource NO_PAGES = frame -> Optional.empty();

  private Judged judged;
  private Guest guest;
  private List<SignatureId> signatures = List.of();
  private PageSource current = NO_PAGES;
  private Optional<GuestKernel> kernel = Optional.empty();

  /** Of what shows the kernel: seen again, it may come out the same. */
  private WatchedPages.Reading sight = new WatchedPages.Reading();

  /** Of everything else that only a look from scratch tells again. */
  private WatchedPages.Reading foundation = new WatchedPages.Reading();

  private final WatchedPages watched = new WatchedPages(NO_PAGES, foundation);

  /** The guest's for who follows changes on its own. */
  private final PageSource memory = this::now;

  /** Of data that was reached, so that it is compared, and not looked through, when it changes. */
  private final LastChanged changedLast = new LastChanged();

  private Way way = Way.FROM_SCRATCH;

  /**
   * Nothing is known of the guest yet.
   *
   * @param judge that looks at it
   */
  public FollowedGuest(KernelJudge judge) {
    this(judge, false);
  }

  private FollowedGuest(KernelJudge judge, boolean light) {
    this.judge = judge;
    this.light = light;
    Workspace own = new Workspace();
    this.workspace = light ? judge::workspace : () -> own;
  }

  /**
   * Nothing is known of the guest yet; between two verdicts nothing is kept of it that can be read
   * again. A guest whose code changes, or is not what it must be, is judged from scratch.
   */
  static FollowedGuest light(KernelJudge judge) {
    return new FollowedGuest(judge, true);
  }

  /** How the last verdict came about. */
  public Way way() {
    return way;
  }

  @Override
  public Verdict judge(Guest asked, SignatureBook book) {
    way = Way.FROM_SCRATCH;
    judged = null;
    current = asked.memory();
    sight = new WatchedPages.Reading();
    foundation = new WatchedPages.Reading();
    watched.read(current, sight);
    guest = new Guest(asked.vmId(), watched, asked.ofKernel().vcpus());
    KernelJudge.Seen seen = judge.see(guest, !light);
    kernel = seen.sight().kernel();
    ReadableBook<Judged> answer =
        seen.inRound(memory, () -> ReadableBook.ask(book, known -> look(seen, known)));
    if (answer.unreadable().isEmpty() && answer.answer().canBeFollowed()) {
      judged = answer.answer();
      signatures = idsOf(book);
    }
    rest();
    return KernelJudge.withUnreadable(answer.answer().verdict(), answer.unreadable());
  }

  private Judged look(KernelJudge.Seen seen, Collection<KernelSignature> known) {
    watched.read(current, foundation);
    return judge.look(
        guest, seen, memory, known, workspace.get(), reading -> watched.read(current, reading));
  }

  @Override
  public Verdict follow(Guest asked, Collection<FrameNumber> frames, SignatureBook book) {
    List<VcpuState> vcpus = asked.ofKernel().vcpus();
    if (judged == null || !isOf(asked.vmId(), vcpus) || !signatures.equals(idsOf(book))) {
      return judge(asked, book);
    }
    current = asked.memory();
    boolean looksOther = !vcpus.equals(guest.vcpus());
    boolean tellAgain = false;
    if (looksOther) {
      List<TableMove> moves = moves(vcpus);
      if (!foundation.move(moves, current)) {
        return judge(asked, book);
      }
      tellAgain = judged.isOutdatedBy(moves, current);
    }
    for (FrameNumber frame : frames) {
      if (judged.hasReached(frame)) {
        changedLast.add(frame);
      }
      Optional<PageBytes> content = current.read(frame);
      if (foundation.isOutdatedBy(frame, content)) {
        return judge(asked, book);
      }
      looksOther |= sight.isOutdatedBy(frame, content);
      tellAgain |= judged.isOutdatedBy(frame, content);
      foundation.renew(frame, content);
      sight.renew(frame, content);
    }
    guest = new Guest(asked.vmId(), watched, vcpus);
    if (looksOther && !isSeenAgain()) {
      return judge(asked, book);
    }
    // What is read to follow the guest is of what the verdict rests on.
    watched.read(current, foundation);
    boolean counts = tellAgain;
    boolean isFollowed =
        kernel.isPresent()
            ? kernel.get().code().inRound(memory, () -> isFollowed(frames, counts))
            : isFollowed(frames, counts);
    if (!isFollowed) {
      return judge(asked, book);
    }
    Verdict verdict = judged.verdict();
    rest();
    return verdict;
  }

  /** Takes in what changed; whether there is a verdict then. */
  private boolean isFollowed(Collection<FrameNumber> frames, boolean tellAgain) {
    Optional<Boolean> followed = judged.follow(frames, memory);
    boolean tellsAnother = tellAgain || followed.orElse(true);
    if (followed.isEmpty() || (tellsAnother && judged.known().isEmpty())) {
      return false;
    }
    way = tellsAnother ? Way.FOLLOWED : Way.SAME;
    if (tellsAnother) {
      judged = judged.toldAgain(guest, judge);
    }
    return true;
  }

  @Override
  public long heldBytes() {
    long code =
        kernel
            .map(GuestKernel::code)
            .filter(held -> !held.isGivenBack())
            .map(CodeMemory::bytes)
            .orElse(0L);
    return SMALL_THINGS
        + sight.heldBytes()
        + foundation.heldBytes()
        + (light ? 0 : workspace.get().heldBytes())
        + (judged == null ? 0 : code + judged.heldBytes());
  }

  /** Whether registers and tables that changed show the same kernel; goes on with them. */
  private boolean isSeenAgain() {
    sight = new WatchedPages.Reading();
    watched.read(current, sight);
    if (kernel.isEmpty() || !judge.seesAgain(kernel.get(), guest)) {
      return false;
    }
    int chosen = kernel.get().vcpu().index();
    guest.vcpus().stream()
        .filter(vcpu -> vcpu.index() == chosen)
        .forEach(vcpu -> kernel.get().space().moveTo(vcpu.control().cr3()));
    return true;
  }

  /** Where the page tables of every vCPU begin now. */
  private List<TableMove> moves(List<VcpuState> now) {
    List<TableMove> moves = new ArrayList<>();
    for (int i = 0; i < now.size(); i++) {
      FrameNumber from = AddressSpace.of(guest.vcpus().get(i), watched).root();
      moves.add(new TableMove(from, AddressSpace.of(now.get(i), watched).root()));
    }
    return moves;
  }

  @Override
  public Optional<Relevance> relevance() {
    boolean wide = guest != null && guest.vcpus().stream().allMatch(VcpuState::longMode);
    boolean narrow = guest != null && guest.vcpus().stream().noneMatch(VcpuState::longMode);
    // To gather it takes as long as a few rounds do, and hardly any changes nothing of it.
    if (light || judged == null || way != Way.FROM_SCRATCH || !(wide || narrow)) {
      return Optional.empty();
    }
    Relevance.Gathering gathering = new Relevance.Gathering(new PointerWords(wide));
    sight.forEach(gathering::words);
    foundation.forEach(gathering::words);
    judged.addTo(gathering);
    return Optional.of(gathering.gathered());
  }

  private Optional<PageBytes> now(FrameNumber frame) {
    return current.read(frame);
  }

  private void rest() {
    if (light) {
      lighten();
    }
    current = NO_PAGES;
    watched.read(current, foundation);
  }

  /** Gives back what can be read again; who needs all of it is not followed. */
  private void lighten() {
    if (judged != null && judged.giveBack(changedLast::has)) {
      kernel.ifPresent(seen -> seen.code().giveBack());
      sight.giveBack();
      foundation.giveBack();
    } else {
      workspace.get().release();
      judged = null;
      kernel = Optional.empty();
      sight = new WatchedPages.Reading();
      foundation = new WatchedPages.Reading();
    }
  }

  /** Whether a VM is the one that is followed, and only its page tables may lie elsewhere. */
  private boolean isOf(String vmId, List<VcpuState> now) {
    return vmId.equals(guest.vmId())
        && (now.equals(guest.vcpus()) || withoutTables(now).equals(withoutTables(guest.vcpus())));
  }

  /** Tables of other modes may begin inside a frame, and are not followed when they move. */
  private static List<VcpuState> withoutTables(List<VcpuState> vcpus) {
    return vcpus.stream()
        .map(
            vcpu -> {
              ControlRegisters control = vcpu.control();
              long cr3 = vcpu.longMode() ? 0 : control.cr3();
              return vcpu.with(
                  new ControlRegisters(control.cr0(), control.cr2(), cr3, control.cr4()));
            })
        .toList();
  }

  private static List<SignatureId> idsOf(SignatureBook book) {
    return book.signatures().stream().map(KernelSignature::id).toList();
  }
}
