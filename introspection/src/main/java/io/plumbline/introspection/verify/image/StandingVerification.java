package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.FramePages;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.memory.PageWords;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.verify.dynamic.DynamicCode;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.MovedFields;
import io.plumbline.introspection.verify.patch.PatchedText;
import io.plumbline.introspection.verify.patch.StandingText;
import io.plumbline.introspection.verify.patch.TextRules;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;

/**
 * The verification of one guest's kernel, made once and kept up with what changes in the guest. By
 * law {@link #after} says what {@link #verify} would say of the same memory, field by field, or
 * nothing.
 *
 * <p>That rests on what a verification reads. It reads the image's pages: a byte that no rule asks
 * for is only compared, and what a byte that a rule asks for can change is decided by {@link
 * StandingText}. It reads words and pages of the guest besides: they are kept by frame ({@link
 * GuestReads}), and if one changes that is not the key of sites, all is verified again. It asks who
 * owns other code, and probes: whether that may depend on a changed byte is decided here. Not for
 * several threads.
 */
public final class StandingVerification {
  private static final int PAGE = PageBytes.SIZE;

  private static final byte INT3 = (byte) 0xcc;
  private static final byte JUMP_32 = (byte) 0xe9;

  private final ImageVerifier verifier;
  private final ImageLayout layout;
  private final TextRules rules;
  private final byte[] relocated = new byte[PAGE + 2 * MovedFields.MARGIN];

  /** Null once it was given back. */
  private Workspace workspace;

  private WholeLook look;

  /** Null until somebody asks. */
  private FramePages byFrame;

  private boolean stands;
  private boolean isFirst;
  private boolean copiesNothing;
  private BitSet changed = new BitSet();

  /**
   * Nothing is verified yet.
   *
   * @param workspace of this guest alone, for as long as it is kept up with
   */
  public StandingVerification(ImageVerifier verifier, Workspace workspace) {
    this.verifier = verifier;
    this.layout = verifier.layout();
    this.rules = verifier.rules();
    this.workspace = workspace;
  }

  /** Verifies from scratch, see {@link ImageVerifier#verify}. */
  public ImageVerification verify(
      long slide,
      AddressSpace space,
      PageSource memory,
      ExecutableMemory executable,
      OtherCode others) {
    return verify(slide, space, memory, executable, others, List.of());
  }

  /**
   * The same with what is known of others.
   *
   * @param known texts of the build that the guest's may be, the likeliest last; what is said is
   *     the same whatever they are
   */
  public ImageVerification verify(
      long slide,
      AddressSpace space,
      PageSource memory,
      ExecutableMemory executable,
      OtherCode others,
      List<KnownText> known) {
    stands = false;
    byFrame = null;
    look =
        WholeLook.at(
            verifier,
            workspace,
            new WholeLook.Subject(slide, space, memory, executable, others),
            known);
    copiesNothing = look.seen().elsewhere().stream().allMatch(StandingVerification::isNoCopy);
    changed = new BitSet();
    changed.set(0, layout.verifiedBytes() / PAGE);
    stands = true;
    isFirst = true;
    return look.seen();
  }

  /** The text that the guest's was found to be when it was verified from scratch. */
  public Optional<KnownText> known() {
    return look.known();
  }

  /**
   * Whether a page of the text is like the same page of the {@linkplain #known known text}, but for
   * addresses, which are moved as the image is.
   *
   * @param offset of the page in the image
   */
  public boolean isLikeKnown(long offset) {
    return layout.holdsText(offset) && look.isLikeKnown(layout.placeOf(offset) / PAGE);
  }

  /**
   * Whether a page of read-only data was found to be what the image has there, moved.
   *
   * @param offset of the page in the image
   */
  public boolean isDataAsLinked(long offset) {
    int place = layout.placeOf(offset);
    return place >= layout.textBytes()
        && place < layout.verifiedBytes()
        && !rules.hasSites(place / PAGE)
        && look.comparison().isGolden(place / PAGE);
  }

  /**
   * What the guest's text tells of others, as long as nothing changed since it was verified.
   *
   * @param guest the guest's text
   * @return empty if the text is not all as it must be, or rests on what each guest has of its own
   */
  public Optional<KnownText> asKnown(PatchedText guest) {
    return isFirst ? look.asKnown(guest) : Optional.empty();
  }

  /**
   * Verifies again after the content of frames changed, by what changed.
   *
   * <p>To be known by whoever calls: the guest's page tables show the same frames with the same
   * rights as when {@link #verify} was called last, and the owners of other code would say the
   * same.
   *
   * @param frames that may hold something else than at the last call, or that can or cannot be read
   *     by now, whatever they are of the guest
   * @param space of the guest's memory as it is now
   * @param memory as it is now
   * @return empty if it has to be verified from scratch
   */
  public Optional<ImageVerification> after(
      Collection<FrameNumber> frames, AddressSpace space, PageSource memory) {
    if (!stands || (workspace != null && workspace.isForGuestsInTurn())) {
      return Optional.empty();
    }
    // Until it is done nothing stands: what was taken in by then is half of it.
    stands = false;
    isFirst = false;
    changed = new BitSet();
    GuestReads reads = look.reads();
    StandingText standing = look.standing();
    reads.renew(space);
    Set<Long> keys = new HashSet<>();
    for (FrameNumber frame : frames) {
      if (reads.changeOf(frame.value(), keys) == GuestReads.Change.ANYTHING
          || !take(frame, memory)) {
        return Optional.empty();
      }
    }
    if (!keys.isEmpty() && (workspace == null || !keys.stream().allMatch(standing::takeKey))) {
      return Optional.empty();
    }
    BitSet rewritten = standing.rewritten();
    if (!settles(rewritten)) {
      return Optional.empty();
    }
    changed.or(rewritten);
    look.comparison().compareAgain(changed, !rewritten.isEmpty());
    if (!probesStand()) {
      return Optional.empty();
    }
    if (!changed.isEmpty()) {
      look.seeAgain();
    }
    stands = true;
    return Optional.of(look.seen());
  }

  /** What was said last. */
  public ImageVerification seen() {
    return look.seen();
  }

  /**
   * Visits what the last verification rests on of the guest.
   *
   * @param whole is told the frames of which all counts
   * @param some is told words of others
   */
  public void forEachRead(LongConsumer whole, BiConsumer<Long, PageWords> some) {
    byFrame().forEach(whole);
    look.reads().forEach(whole, some);
  }

  /**
   * Gives back the workspace, for others to use. What was said stands as long as no page of the
   * image changes, nor a key of its sites.
   *
   * @return false if it is still needed: some page is not what it must be
   */
  public boolean giveBack() {
    if (workspace != null && otherPages().isEmpty()) {
      byFrame();
      look.giveBack();
      workspace = null;
    }
    look.reads().giveBack();
    return workspace == null;
  }

  /** Whether {@code length} bytes of the image from {@code place} on are what they must be. */
  public boolean explains(int place, int length) {
    return workspace == null || workspace.explains(place, length);
  }

  /**
   * The 64-bit word that the guest must have at a place; empty if it is what the guest has, which
   * cannot be read.
   */
  public OptionalLong expectedWord(int place) {
    return workspace == null
        ? look.reads().longAt(layout.base() + look.seen().slide() + layout.offsetOf(place))
        : OptionalLong.of(Bytes.longAt(workspace.expected(place, place + Long.BYTES), place));
  }

  /** Pages of the layout whose bytes, or what these must be, the last call found changed. */
  public BitSet changedPages() {
    return (BitSet) changed.clone();
  }

  /** Pages of the layout that were not seen to be what they must be. */
  public BitSet otherPages() {
    return look.comparison().otherPages();
  }

  /** Holds the guest, and what it must be, unless it was given back. */
  public Workspace workspace() {
    if (workspace == null) {
      throw new IllegalStateException("the workspace was given back");
    }
    return workspace;
  }

  /** Whether what is said of other code can be told without the bytes of the image's own. */
  private static boolean isNoCopy(DynamicCode code) {
    return switch (code.kind()) {
      case REAL_MODE, BPF_PROGRAMS, TRACER_TRAMPOLINE, BRANCH_THUNKS, TRAPS -> true;
      case MODULE -> code.verified();
      default -> false;
    };
  }

  /** Takes in every page of the image that a frame holds. */
  private boolean take(FrameNumber frame, PageSource memory) {
    return byFrame()
        .allOf(
            frame.value(),
            page -> {
              boolean isThere = workspace != null && !workspace.unreadable().get(page);
              Optional<PageBytes> bytes = isThere ? memory.read(frame) : Optional.empty();
              return bytes.isPresent() && take(page, bytes.get());
            });
  }

  private FramePages byFrame() {
    if (byFrame == null) {
      byFrame = FramePages.of(workspace.frames(), layout.verifiedBytes() / PAGE);
    }
    return byFrame;
  }

  private boolean take(int page, PageBytes bytes) {
    int at = page * PAGE;
    int from = bytes.backingOffset();
    byte[] guest = workspace.guest();
    if (Arrays.equals(guest, at, at + PAGE, bytes.backingArray(), from, from + PAGE)) {
      return true;
    }
    ReadOnlyAfterInit afterInit = verifier.afterInit();
    if (afterInit.changesCalls(guest, at, bytes) || !candidatesStand(page)) {
      return false;
    }
    changed.set(page);
    return look.standing().take(page, bytes) && (!afterInit.holds(at) || acceptAgain(at));
  }

  private boolean acceptAgain(int at) {
    if (rules.hasSites(at / PAGE)) {
      return false;
    }
    layout.relocatePage(at, relocated, look.seen().slide());
    return verifier
        .afterInit()
        .acceptAgain(look.text(), at, relocated, look::isExecutable, look.others()::isFunction);
  }

  /** What keys and sites did to the expected bytes must have no meaning elsewhere. */
  private boolean settles(BitSet rewritten) {
    return look.trampolines().hasRoom(look.standing().askedTracers())
        && (rewritten.isEmpty() || (copiesNothing && !look.probes().areKnown()));
  }

  private boolean probesStand() {
    for (int page = changed.nextSetBit(0); page >= 0; page = changed.nextSetBit(page + 1)) {
      if (!candidatesStand(page)) {
        return false;
      }
    }
    return true;
  }

  /** Whether no probe is, or may be, in a page of the text as it is in the workspace. */
  private boolean candidatesStand(int page) {
    int at = page * PAGE;
    return at >= layout.textBytes()
        || (!look.probes().areKnown() && (!mayBeProbed(at) || areNoProbes()));
  }

  /** Whether the guest has INT3 or a jump where it should not, for which a probe is looked for. */
  private boolean mayBeProbed(int page) {
    byte[] expected = workspace.expected();
    byte[] guest = workspace.guest();
    int at = page;
    int end = page + PAGE;
    while (at < end) {
      int equal = Arrays.mismatch(expected, at, end, guest, at, end);
      if (equal < 0) {
        return false;
      }
      at += equal;
      if (guest[at] == INT3 || guest[at] == JUMP_32) {
        return true;
      }
      at++;
    }
    return false;
  }

  private boolean areNoProbes() {
    look.reads().record(true);
    boolean none = look.probes().areNone();
    look.reads().record(false);
    return none;
  }
}
