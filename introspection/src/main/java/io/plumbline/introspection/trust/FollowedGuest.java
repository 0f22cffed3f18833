package io.plumbline.introspection.trust;

import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.hardware.VcpuState;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.WatchedPages;
import io.plumbline.introspection.reach.PointerWords;
import io.plumbline.introspection.verify.image.Workspace;
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

  private final KernelJudge judge;
  private final Workspace workspace = new Workspace();

  /** Between two verdicts nobody reads, and no page of the guest is held. */
  private static final PageSource NO_PAGES = frame -> Optional.empty();

  private Judged judged;
  private Guest guest;
  private List<SignatureId> signatures = List.of();
  private PageSource current = NO_PAGES;
  private WatchedPages.Reading foundation = new WatchedPages.Reading();
  private final WatchedPages watched = new WatchedPages(NO_PAGES, foundation);

  /** The guest's for who follows changes on its own. */
  private final PageSource memory = this::now;

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

  @Override
  public Verdict judge(Guest seen, SignatureBook book) {
    way = Way.FROM_SCRATCH;
    judged = null;
    foundation = new WatchedPages.Reading();
    current = seen.memory();
    watched.read(current, foundation);
    guest = new Guest(seen.vmId(), watched, seen.vcpus());
    ReadableBook<Judged> asked =
        ReadableBook.ask(
            book,
            known -> {
              watched.read(current, foundation);
              return judge.look(
                  guest, memory, known, workspace, reading -> watched.read(current, reading));
            });
    Judged answer = asked.answer();
    if (asked.unreadable().isEmpty() && answer.canBeFollowed()) {
      judged = answer;
      signatures = idsOf(book);
    }
    rest();
    return KernelJudge.withUnreadable(answer.verdict(), asked.unreadable());
  }

  @Override
  public Verdict follow(Guest now, Collection<FrameNumber> frames, SignatureBook book) {
    if (judged == null || !isOf(now) || !signatures.equals(idsOf(book))) {
      return judge(now, book);
    }
    boolean tellAgain = false;
    for (FrameNumber frame : frames) {
      Optional<PageBytes> content = now.memory().read(frame);
      if (foundation.isOutdatedBy(frame, content)) {
        return judge(now, book);
      }
      tellAgain |= judged.isOutdatedBy(frame, content);
      foundation.renew(frame, content);
    }
    current = now.memory();
    // What is read to follow the guest is of what the verdict rests on.
    watched.read(current, foundation);
    Optional<Boolean> followed = judged.follow(frames, memory);
    boolean tellsAnother = tellAgain || followed.orElse(true);
    if (followed.isEmpty() || (tellsAnother && judged.known().isEmpty())) {
      return judge(now, book);
    }
    way = tellsAnother ? Way.FOLLOWED : Way.SAME;
    if (tellsAnother) {
      judged = judged.toldAgain(guest, judge);
    }
    rest();
    return judged.verdict();
  }

  @Override
  public Optional<Relevance> relevance() {
    boolean wide = guest != null && guest.vcpus().stream().allMatch(VcpuState::longMode);
    boolean narrow = guest != null && guest.vcpus().stream().noneMatch(VcpuState::longMode);
    if (judged == null || !(wide || narrow)) {
      return Optional.empty();
    }
    Relevance.Gathering gathering = new Relevance.Gathering(new PointerWords(wide));
    foundation.forEach(gathering::words);
    judged.addTo(gathering);
    return Optional.of(gathering.gathered());
  }

  private Optional<PageBytes> now(FrameNumber frame) {
    return current.read(frame);
  }

  private void rest() {
    current = NO_PAGES;
    watched.read(current, foundation);
  }

  private boolean isOf(Guest now) {
    return now.vmId().equals(guest.vmId()) && now.vcpus().equals(guest.vcpus());
  }

  private static List<SignatureId> idsOf(SignatureBook book) {
    return book.signatures().stream().map(KernelSignature::id).toList();
  }
}
