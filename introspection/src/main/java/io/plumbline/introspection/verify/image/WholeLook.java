package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.CachedWalk;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.verify.dynamic.BpfPrograms;
import io.plumbline.introspection.verify.dynamic.DynamicCode;
import io.plumbline.introspection.verify.dynamic.KernelProbes;
import io.plumbline.introspection.verify.dynamic.TracerTrampolines;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.MovedFields;
import io.plumbline.introspection.verify.patch.PatchedText;
import io.plumbline.introspection.verify.patch.Rewriting;
import io.plumbline.introspection.verify.patch.StandingText;
import io.plumbline.introspection.verify.patch.TextRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A look at all of one guest's image: what it holds, what it must hold, and who owns what else is
 * executable. What it must hold is predicted from the image; or it is known, because the text is
 * that of a guest which was explained before.
 */
final class WholeLook {
  private static final int PAGE = PageBytes.SIZE;

  private final ImageVerifier verifier;
  private final ImageLayout layout;
  private final TextRules rules;
  private final long slide;
  private final AddressSpace space;
  private final PageSource memory;
  private final ExecutableMemory executable;
  private final OtherCode others;

  /** Null once it was given back. */
  private Workspace workspace;

  /** The image's pages, null where one cannot be read; null when nobody asks for them any more. */
  private PageBytes[] pages;

  private GuestReads reads;
  private Rewriting text;
  private StandingText standing;
  private TracerTrampolines trampolines;
  private KernelProbes probes;
  private PageComparison comparison;
  private Optional<KnownText> known = Optional.empty();
  private BitSet unlike = new BitSet();

  private ImageVerification seen;

  /** Where the guest has the image, and what else it executes. */
  record Subject(
      long slide,
      AddressSpace space,
      PageSource memory,
      ExecutableMemory executable,
      OtherCode others) {}

  private WholeLook(ImageVerifier verifier, Workspace workspace, Subject guest) {
    this.verifier = verifier;
    this.layout = verifier.layout();
    this.rules = verifier.rules();
    this.workspace = workspace;
    this.slide = guest.slide;
    this.space = guest.space;
    this.memory = guest.memory;
    this.executable = guest.executable;
    this.others = guest.others;
    this.pages = new PageBytes[layout.verifiedBytes() / PAGE];
  }

  /**
   * Looks at a guest.
   *
   * @param known texts of the build that the guest's may be, the likeliest last
   */
  static WholeLook at(
      ImageVerifier verifier, Workspace workspace, Subject guest, List<KnownText> known) {
    WholeLook look = new WholeLook(verifier, workspace, guest);
    ImageLayout layout = look.layout;
    workspace.prepare(layout.bytes(), layout.verifiedBytes() / PAGE, layout.verifiedBytes());
    look.locate();
    List<KernelProbes.Armed> armed = look.takesOneOf(known) ? List.of() : look.predict();
    look.compareRest();
    look.seen = look.survey(armed);
    if (look.known.isEmpty()) {
      look.pages = null;
    }
    return look;
  }

  /** Gives back the guest's bytes, which cannot be asked for any more. */
  void giveBack() {
    text.giveBack();
    workspace.release();
    workspace = null;
    pages = null;
  }

  /** Finds the image's pages as the guest's own page tables show them. */
  private void locate() {
    CachedWalk walk = new CachedWalk(space);
    for (int page = 0; page < pages.length; page++) {
      long frame = walk.frameAt(layout.base() + slide + layout.offsetOf(page * PAGE));
      workspace.frames()[page] = frame;
      pages[page] = frame < 0 ? null : memory.read(new FrameNumber(frame)).orElse(null);
      workspace.unreadable().set(page, pages[page] == null);
    }
  }

  private boolean takesOneOf(List<KnownText> known) {
    if (!workspace.isForGuestsInTurn() || !workspace.unreadable().isEmpty()) {
      return false;
    }
    for (int i = known.size() - 1; i >= 0; i--) {
      if (takes(known.get(i))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Takes a known text for what the guest's must be. Its constants are each guest's own: where they
   * are, and where it differs, it is held against what it must be.
   *
   * @return false if it is not the guest's
   */
  private boolean takes(KnownText same) {
    Optional<BitSet> different = same.unlike(slide, page -> pages[page]);
    reads = new GuestReads(space);
    if (different.isEmpty() || !same.isDecidedIn(reads, slide, rules)) {
      return false;
    }
    unlike = different.get();
    workspace.fillOnDemand((page, expected, guest) -> fill(same, page, expected, guest));
    text = new Rewriting(layout, slide, workspace, reads, others::isFunction);
    standing = new StandingText(rules, text, same.prediction());
    comparison = new PageComparison(layout, rules, verifier.afterInit(), text);
    BitSet odd = (BitSet) unlike.clone();
    odd.or(rules.constantPages());
    comparison.compareAgain(odd, false);
    if (text.remarks() > 0 || !comparison.otherPages().isEmpty()) {
      return false;
    }
    known = Optional.of(same);
    lookElsewhere();
    return true;
  }

  /** Puts a page of the guest, and what it must hold but for constants, at its place. */
  private void fill(KnownText same, int page, byte[] expected, byte[] guest) {
    int place = page * PAGE;
    pages[page].copyTo(0, guest, place, PAGE);
    if (isLikeKnown(page)) {
      System.arraycopy(guest, place, expected, place, PAGE);
      return;
    }
    byte[] moved = new byte[PAGE + 2 * MovedFields.MARGIN];
    if (place < layout.textBytes()) {
      same.copyPage(page, moved, slide);
    } else {
      layout.relocatePage(place, moved, slide);
    }
    System.arraycopy(moved, MovedFields.MARGIN, expected, place, PAGE);
  }

  /** Predicts the text from the image. */
  private List<KernelProbes.Armed> predict() {
    workspace.fillAll();
    reads = new GuestReads(space);
    byte[] guest = workspace.guest();
    for (int page = 0; page < pages.length; page++) {
      if (pages[page] == null) {
        Arrays.fill(guest, page * PAGE, (page + 1) * PAGE, (byte) 0);
      } else {
        pages[page].copyTo(0, guest, page * PAGE, PAGE);
      }
    }
    layout.relocateInto(workspace.expected(), slide);
    text = new Rewriting(layout, slide, workspace, reads, others::isFunction);
    standing = new StandingText(rules, text);
    comparison = new PageComparison(layout, rules, verifier.afterInit(), text);
    lookElsewhere();
    return probes.explain(text);
  }

  /** Finds out what calls lead to that leave the text, and what other owners' code must be. */
  private void lookElsewhere() {
    trampolines = new TracerTrampolines(text, standing.facts().returns(), reads, reads::pageAt);
    if (known.isEmpty()) {
      standing.predictTraces(trampolines::isTrampoline);
    }
    reads.noteDecided();
    probes = new KernelProbes(text, reads, reads::pageAt, this::isExecutable, this::servingProbes);
    others.predicted(text, standing.facts(), trampolines::isTrampoline, probes);
  }

  /** Compares what was not compared yet with what it must be. */
  private void compareRest() {
    verifier.afterInit().accept(text, this::isExecutable, others::isFunction);
    if (known.isEmpty()) {
      comparison.compareAll(workspace.unreadable());
      return;
    }
    PageLikeness likeness = new PageLikeness(layout, layout.linked(), slide, page -> pages[page]);
    BitSet odd = new BitSet();
    for (int page = layout.textBytes() / PAGE; page < pages.length; page++) {
      odd.set(page, verifier.afterInit().holds(page * PAGE) || !likeness.isLike(page));
    }
    comparison.compareAgain(odd, false);
  }

  private ImageVerification survey(List<KernelProbes.Armed> armed) {
    FrameCheck frames =
        new FrameCheck(layout, slide, space, reads.over(memory), workspace.frames());
    frames.check(reads);
    List<String> blindSpots = new ArrayList<>(text.blindSpots());
    blindSpots.addAll(frames.blindSpots());
    final List<TracerTrampolines.Trampoline> checked = List.copyOf(trampolines.checked().values());
    List<DynamicCode> elsewhere =
        new ExecutableSurvey(
                layout,
                slide,
                verifier.realMode(),
                new BpfPrograms(
                    text, standing.facts().returns(), rules.accounting(text, standing.facts())),
                trampolines,
                probes,
                others,
                reads::pageAt)
            .of(executable, reads.over(memory));
    reads.record(false);
    return result(checked, armed, elsewhere, frames.remapped(), blindSpots);
  }

  private ImageVerification result(
      List<TracerTrampolines.Trampoline> checked,
      List<KernelProbes.Armed> armed,
      List<DynamicCode> elsewhere,
      List<RemappedPage> remapped,
      List<String> blindSpots) {
    return new ImageVerification(
        slide,
        standing.facts(),
        standing.traced(),
        checked,
        armed,
        elsewhere,
        comparison.pages(),
        comparison.textBytes(),
        comparison.readOnlyBytes(),
        comparison.unexplainedBytes(),
        comparison.unreadableBytes(),
        comparison.deviations().kept(),
        comparison.deviations().dropped(),
        text.dataWithheld(),
        text.faults(),
        remapped,
        blindSpots);
  }

  /** Copies of the tracer that call kprobes. */
  private Set<Long> servingProbes() {
    Set<Long> serving = new HashSet<>();
    for (TracerTrampolines.Trampoline copy : trampolines.checked().values()) {
      if (layout.names().isNamed(text.offsetOf(copy.function()), "kprobe_ftrace_handler")) {
        serving.add(copy.address());
      }
    }
    return serving;
  }

  boolean isExecutable(long address) {
    return executable.kernelRangeAt(address).isPresent();
  }

  /** What was seen last. */
  ImageVerification seen() {
    return seen;
  }

  /** Takes in that bytes of the image changed, and nothing else that is told of it. */
  void seeAgain() {
    seen =
        result(
            seen.trampolines(),
            seen.probes(),
            seen.elsewhere(),
            seen.remapped(),
            seen.blindSpots());
  }

  /** The text that the guest's was found to be, but for its constants. */
  Optional<KnownText> known() {
    return known;
  }

  /** Whether a page of the text, by its number, is like the same page of the known text. */
  boolean isLikeKnown(int page) {
    return page * PAGE < layout.textBytes() && !unlike.get(page);
  }

  /**
   * What this text tells of others, as long as nothing was taken in since.
   *
   * @param guest the guest's text
   * @return empty if it rests on more than itself and words of the image's data
   */
  Optional<KnownText> asKnown(PatchedText guest) {
    if (known.isPresent() && unlike.isEmpty()) {
      return known;
    }
    return seen.explainsEveryByte() && seen.probes().isEmpty()
        ? reads
            .decided(layout.base() + slide, layout.end())
            .flatMap(
                words -> standing.prediction().map(by -> new KnownText(layout, guest, by, words)))
        : Optional.empty();
  }

  GuestReads reads() {
    return reads;
  }

  Rewriting text() {
    return text;
  }

  StandingText standing() {
    return standing;
  }

  TracerTrampolines trampolines() {
    return trampolines;
  }

  KernelProbes probes() {
    return probes;
  }

  PageComparison comparison() {
    return comparison;
  }

  OtherCode others() {
    return others;
  }
}
