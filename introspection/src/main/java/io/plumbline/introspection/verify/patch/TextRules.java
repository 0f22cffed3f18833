package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.code.InstructionDecoder;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongPredicate;

/**
 * Every mechanism of one image, in the order in which a boot applies them (kernel {@code
 * arch/x86/kernel/alternative.c}, alternative_instructions). Immutable and shared by all guests of
 * the build.
 */
public final class TextRules {
  final ParavirtCalls paravirt;
  final Retpolines retpolines;
  final Returns returns;
  final Alternatives alternatives;
  final CallDepth callDepth;
  final SmpLocks locks;
  final BranchTargetSeals seals;
  final RuntimeConstants constants;
  final JumpLabels jumpLabels;
  final StaticCalls staticCalls;
  final FunctionTraces traces;
  final List<SiteIndex> indexes;
  private final BitSet constantPages;
  private final BitSet sitePages = new BitSet();

  public TextRules(ImageLayout layout) {
    paravirt = new ParavirtCalls(layout);
    retpolines = new Retpolines(layout);
    returns = new Returns(layout);
    alternatives = new Alternatives(layout);
    callDepth = new CallDepth(layout, alternatives);
    locks = new SmpLocks(layout);
    seals = new BranchTargetSeals(layout);
    constants = new RuntimeConstants(layout);
    constantPages = constants.pages(layout.textBytes());
    jumpLabels = new JumpLabels(layout);
    staticCalls = new StaticCalls(layout);
    traces = new FunctionTraces(layout);
    indexes =
        List.of(
            staticCalls.trampolineIndex(),
            staticCalls.index(),
            jumpLabels.index(),
            traces.index(),
            traces.innerIndex(),
            constants.index(),
            seals.index(),
            alternatives.index(),
            paravirt.index(),
            retpolines.index(),
            returns.index(),
            callDepth.index(),
            callDepth.paddingIndex(),
            locks.index());
    indexes.forEach(index -> index.markPages(sitePages));
  }

  /**
   * Rewrites the relocated image into what the guest should hold, save for the calls to the
   * function tracer: a copy of the tracer is told by the tracer as it must be.
   */
  public BootFacts predict(Rewriting text) {
    return predict(text, new BootVotes());
  }

  /** The same, and by how much it was decided. */
  BootFacts predict(Rewriting text, BootVotes votes) {
    NopFamily family = inferNops(text, votes);
    NopRewriter nops = new NopRewriter(family, InstructionDecoder.forMode(CodeMode.LONG_64));
    Retpolines.Mode retpolineMode = retpolines.infer(text, votes);
    ReturnMode returnMode = returns.infer(text, votes);
    paravirt.apply(text, family);
    retpolines.apply(text, retpolineMode, nops);
    returns.apply(text, returnMode);
    boolean counted = retpolineMode == Retpolines.Mode.CALL_DEPTH;
    if (counted && callDepth.isBeforeAlternatives()) {
      callDepth.apply(text);
    }
    FeatureVector features = FeatureVote.infer(text, alternatives, locks, nops, votes);
    alternatives.apply(text, features, nops);
    if (counted && !callDepth.isBeforeAlternatives()) {
      callDepth.apply(text);
    }
    seals.apply(text, votes);
    final boolean locked = locks.inferLocked(text, votes);
    locks.apply(text, locked);
    Map<String, Long> values = constants.apply(text, features);
    jumpLabels.apply(text, family);
    long[] functions = staticCalls.apply(text, returnMode, family);
    if (counted) {
      staticCalls.count(text, functions, callDepth);
      callDepth.acceptWritten(text);
    }
    traces.applyInner(text);
    return new BootFacts(family, locked, returnMode, retpolineMode, features, values);
  }

  /** Rewrites the relocated image into what it is after a boot that decided {@code facts}. */
  void rewrite(Rewriting text, BootFacts facts) {
    NopRewriter nops = new NopRewriter(facts.nops(), InstructionDecoder.forMode(CodeMode.LONG_64));
    paravirt.apply(text, facts.nops());
    retpolines.apply(text, facts.retpolines(), nops);
    returns.apply(text, facts.returns());
    alternatives.apply(text, facts.features(), nops);
    seals.apply(text);
    locks.apply(text, facts.locked());
    jumpLabels.apply(text, facts.nops());
    staticCalls.apply(text, facts.returns(), facts.nops());
    traces.apply(text, facts.nops(), address -> false);
  }

  /**
   * Rewrites a module's text into what the guest should hold after the boot that the kernel's text
   * shows, save for the calls to the function tracer.
   */
  public void predictModule(Rewriting text, BootFacts facts) {
    NopRewriter nops = new NopRewriter(facts.nops(), InstructionDecoder.forMode(CodeMode.LONG_64));
    paravirt.apply(text, facts.nops());
    retpolines.apply(text, facts.retpolines(), nops);
    returns.apply(text, facts.returns());
    boolean counted = facts.retpolines() == Retpolines.Mode.CALL_DEPTH;
    if (counted && callDepth.isBeforeAlternatives()) {
      callDepth.apply(text);
    }
    alternatives.apply(text, facts.features(), nops);
    if (counted && !callDepth.isBeforeAlternatives()) {
      callDepth.apply(text);
    }
    seals.apply(text);
    locks.apply(text, facts.locked());
    jumpLabels.apply(text, facts.nops());
    final long[] called = staticCalls.apply(text, facts.returns(), facts.nops());
    if (counted) {
      staticCalls.count(text, called, callDepth);
      callDepth.acceptWritten(text);
    }
  }

  /**
   * Rewrites the calls to the function tracer.
   *
   * @param isTrampoline whether a checked copy of the tracer begins at an address
   * @return how many functions are traced, by the address that they call
   */
  public Map<Long, Integer> predictTraces(
      Rewriting text, BootFacts facts, LongPredicate isTrampoline) {
    return traces.apply(text, facts.nops(), isTrampoline);
  }

  /** Pages of a guest's text that the boot writes constants into; not to be changed. */
  public BitSet constantPages() {
    return constantPages;
  }

  /**
   * Whether two words of a static key decide the same: more than one may have switched it on.
   *
   * @param offset of the key in the image
   */
  public boolean decideTheSame(long offset, long one, long other) {
    return one == other
        || (jumpLabels.isKey(offset)
            && !staticCalls.isKey(offset)
            && JumpLabels.isOn(one) == JumpLabels.isOn(other));
  }

  /** How code outside the image counts its calls in this boot. */
  public CallAccounting accounting(Rewriting text, BootFacts facts) {
    return facts.retpolines() == Retpolines.Mode.CALL_DEPTH
        ? callDepth.accounting(text)
        : CallAccounting.NONE;
  }

  /** The set of NOPs that most sites of the tracer and of static keys show. */
  private NopFamily inferNops(Rewriting text, BootVotes votes) {
    traces.vote(text, votes);
    jumpLabels.vote(text, votes);
    return mostShown(text.layout(), votes);
  }

  /** The first of those sets of NOPs that the most sites show. */
  static NopFamily mostShown(ImageLayout layout, BootVotes votes) {
    NopFamily best = null;
    for (NopFamily family : NopFamily.candidates(Alternatives.isRelocating(layout))) {
      if (best == null || votes.showing(family) > votes.showing(best)) {
        best = family;
      }
    }
    return best;
  }

  /** The site that holds {@code place}, of the mechanism that has the last word there. */
  public Optional<SiteIndex> siteAt(int place) {
    return indexes.stream().filter(index -> index.startAt(place) >= 0).findFirst();
  }

  /** Whether a site has a byte on a page, by its number in the layout. */
  public boolean hasSites(int page) {
    return sitePages.get(page);
  }

  /** Every kind of site. */
  public List<SiteIndex> indexes() {
    return indexes;
  }
}
