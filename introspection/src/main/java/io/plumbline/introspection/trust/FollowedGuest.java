package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.WatchedPages;
import io.plumbline.introspection.verify.image.Workspace;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A guest that is judged again whenever it changed, at a cost that follows the change. By law the
 * verdict is that of a judge who sees the guest for the first time.
 *
 * <p>Three things are kept. Of everything that is small, page tables, descriptors, modules, what
 * monitors look at, the words that were read: as long as none of them is another one, what was made
 * of them holds. The image's bytes and everything that was reached follow the guest by themselves.
 * What cannot be followed is judged from scratch. Not for several threads.
 */
public final class FollowedGuest {
  /** How the last verdict came about. */
  public enum Way {
    /** Nothing that counts is another: the verdict before. */
    SAME,
    /** What changed was taken in. */
    FOLLOWED,
    /** All of the guest was looked at. */
    FROM_SCRATCH
  }

  private final KernelJudge judge;
  private final Workspace workspace = new Workspace();

  private KernelJudge.Judged judged;
  private Guest guest;
  private List<SignatureId> signatures = List.of();
  private WatchedPages watched;
  private WatchedPages.Reading foundation;
  private PageSource memory;
  private Way way = Way.FROM_SCRATCH;

  /**
   * Nothing is known of the guest yet.
   *
   * @param judge that looks at it
   */
  public FollowedGuest(KernelJudge judge) {
    this.judge = judge;
  }

  /** How the last verdict came about. */
  public Way way() {
    return way;
  }

  /** Looks at all of a guest. */
  public Verdict judge(Guest seen, SignatureBook book) {
    way = Way.FROM_SCRATCH;
    judged = null;
    foundation = new WatchedPages.Reading();
    memory = seen.memory();
    watched = new WatchedPages(memory, foundation);
    guest = new Guest(seen.vmId(), watched, seen.vcpus());
    ReadableBook<KernelJudge.Judged> asked =
        ReadableBook.ask(
            book,
            known -> {
              watched.read(memory, foundation);
              return judge.look(
                  guest, memory, known, workspace, reading -> watched.read(memory, reading));
            });
    KernelJudge.Judged answer = asked.answer();
    // What is read later, to follow the guest, is of what the verdict rests on.
    watched.read(memory, foundation);
    Verdict verdict = KernelJudge.withUnreadable(answer.verdict(), asked.unreadable());
    if (asked.unreadable().isEmpty() && answer.canBeFollowed()) {
      judged = answer;
      signatures = book.signatures().stream().map(KernelSignature::id).toList();
    }
    return verdict;
  }

  /**
   * Judges a guest of which some frames may hold something else than when it was judged last.
   *
   * @param frames all that may; what they are of the guest does not matter
   */
  public Verdict follow(Guest now, Collection<FrameNumber> frames, SignatureBook book) {
    if (judged == null
        || !now.vmId().equals(guest.vmId())
        || !sameVcpus(now.vcpus())
        || !signatures.equals(book.signatures().stream().map(KernelSignature::id).toList())) {
      return judge(now, book);
    }
    memory = now.memory();
    boolean tellAgain = false;
    for (FrameNumber frame : frames) {
      Optional<PageBytes> content = memory.read(frame);
      if (foundation.isOutdatedBy(frame, content)) {
        return judge(now, book);
      }
      tellAgain |= judged.isOutdatedBy(frame, content);
      foundation.renew(frame, content);
    }
    watched.read(memory, foundation);
    Optional<Boolean> followed = judged.follow(frames, memory);
    if (followed.isEmpty()) {
      return judge(now, book);
    }
    if (!tellAgain && !followed.get()) {
      way = Way.SAME;
      return judged.verdict();
    }
    if (judged.known().isEmpty()) {
      return judge(now, book);
    }
    way = Way.FOLLOWED;
    judged = judged.toldAgain(guest, judge);
    return judged.verdict();
  }

  private boolean sameVcpus(List<VcpuState> now) {
    return new ArrayList<>(now).equals(guest.vcpus());
  }
}
