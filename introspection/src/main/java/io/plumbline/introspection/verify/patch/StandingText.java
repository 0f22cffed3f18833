package io.plumbline.introspection.verify.patch;

import io.plumbline.introspection.memory.PageBytes;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;

/**
 * The text of one guest, predicted once and kept up with what changes in it. After every change
 * that is taken in, the facts, the traced functions and the expected bytes are those that a
 * prediction from scratch would give; a change of which that is not certain is refused.
 *
 * <p>It is certain because a prediction reads the guest's text only at its sites, and of a site
 * only this: votes for what the boot decided, which stand if they were won by more than twice the
 * number of sites that changed ({@link BootVotes}), and which for sets of NOPs are counted on; the
 * call of a traced function, which decides this one site; a tail call to nothing, the same; sites
 * of a static key that cannot be read, which decide the sites of that key. The rest, such as
 * constants and thunks that were made at run time, is refused.
 */
public final class StandingText {
  private static final int PAGE = PageBytes.SIZE;
  private static final int PAGE_MASK = PAGE - 1;

  /** An indirect branch is looked at as one even if it begins with a site's last byte. */
  private static final int BRANCH_BEHIND = 2;

  /** Text that is compared with what lies outside the image, by its first and last symbol. */
  private static final String[][] COPIED = {
    {"ftrace_caller", "ftrace_caller_end"},
    {"ftrace_regs_caller", "ftrace_regs_caller_end"},
    {"optprobe_template_entry", "optprobe_template_end"}
  };

  private final TextRules rules;
  private final Rewriting text;
  private final BootVotes votes;
  private final BootFacts facts;
  private Map<Long, Integer> traced = Map.of();
  private final BitSet rewritten = new BitSet();
  private int retpolines;
  private int returns;
  private int alternatives;
  private int seals;
  private int locks;
  private int askedTracers;
  private boolean stands = true;

  /** Predicts a text, save for the calls to the function tracer. */
  public StandingText(TextRules rules, Rewriting text) {
    this.rules = rules;
    this.text = text;
    this.votes = new BootVotes();
    this.facts = rules.predict(text, votes);
  }

  /**
   * A text that is predicted already, but for the constants that the boot wrote into it, which are
   * predicted here.
   *
   * @param text whose expected bytes are those of the same text elsewhere, moved to this guest's
   *     slide
   * @param same what that one was predicted by
   */
  public StandingText(TextRules rules, Rewriting text, Prediction same) {
    this.rules = rules;
    this.text = text;
    this.votes = same.votes();
    text.sealIs(same.seal());
    this.facts = same.facts().with(rules.constants.apply(text, same.facts().features()));
  }

  /**
   * What this text was predicted by, as long as nothing was taken in since; empty if more of the
   * guest than its text and the words of the image's data decided it: calls to a tracer, calls that
   * are counted, thunks that were made while it booted.
   */
  public Optional<Prediction> prediction() {
    boolean isOwn =
        !traced.isEmpty()
            || isCounted()
            || facts.retpolines().isAligned()
            || text.remarks() > 0
            || text.seal().isEmpty();
    return isOwn
        ? Optional.empty()
        : Optional.of(new Prediction(facts, votes, text.seal().getAsInt()));
  }

  /** What the boot decided. */
  public BootFacts facts() {
    return facts;
  }

  /** Predicts the calls to the function tracer, see {@link TextRules#predictTraces}. */
  public void predictTraces(LongPredicate isTrampoline) {
    traced = new TreeMap<>(rules.predictTraces(text, facts, isTrampoline));
  }

  /** How many functions are traced, by the address that they call. */
  public Map<Long, Integer> traced() {
    return Map.copyOf(traced);
  }

  /** Addresses that were taken for no copy of a tracer since, at most. */
  public int askedTracers() {
    return askedTracers;
  }

  /** Pages of which the expected bytes were written since this was asked last. */
  public BitSet rewritten() {
    BitSet pages = (BitSet) rewritten.clone();
    rewritten.clear();
    return pages;
  }

  /**
   * Takes in what a page of the text or of read-only data holds by now.
   *
   * @param page from 0, in the layout
   * @return whether the prediction stands; if not, it has to be made again from scratch
   */
  public boolean take(int page, PageBytes bytes) {
    TextChange change = new TextChange(text.guest(), page * PAGE, bytes);
    stands = stands && (change.isEmpty() || take(change));
    return stands;
  }

  /**
   * Takes in that the word of a key changed.
   *
   * @param address linear, of the key
   * @return whether the prediction stands
   */
  public boolean takeKey(long address) {
    long offset = text.offsetOf(address);
    if (rules.jumpLabels.isKey(offset)) {
      stands = stands && takeJumpKey((int) offset);
    }
    if (rules.staticCalls.isKey(offset)) {
      stands = stands && takeCallKey(offset);
    }
    return stands;
  }

  private boolean take(TextChange change) {
    if (!isPredictable(change) || !votesStand(change)) {
      return false;
    }
    int[] labels = touched(rules.jumpLabels.index(), change);
    int[] sites = touched(rules.traces.index(), change);
    Set<Long> callKeys = new HashSet<>();
    for (int call : touched(rules.staticCalls.index(), change)) {
      callKeys.add(rules.staticCalls.keyOfSite(call));
    }
    for (int trampoline : touched(rules.staticCalls.trampolineIndex(), change)) {
      callKeys.add(rules.staticCalls.keyOfTrampoline(trampoline));
    }
    callKeys.remove(-1L);
    vote(labels, sites, -1);
    boolean known = Arrays.stream(sites).allMatch(this::forgetCall);
    change.copy();
    vote(labels, sites, 1);
    return known
        && TextRules.mostShown(text.layout(), votes) == facts.nops()
        && Arrays.stream(sites).allMatch(this::takeCall)
        && Arrays.stream(labels).map(rules.jumpLabels::keyOf).distinct().allMatch(this::ask)
        && callKeys.stream().allMatch(this::takeCallKey);
  }

  private static int[] touched(SiteIndex index, TextChange change) {
    IntStream.Builder found = IntStream.builder();
    index.touched(change, 0, found);
    return found.build().toArray();
  }

  private static boolean touches(SiteIndex index, TextChange change) {
    return touched(index, change).length > 0;
  }

  private boolean isCounted() {
    return facts.retpolines() == Retpolines.Mode.CALL_DEPTH;
  }

  /** Whether no site changed that may hold what only a prediction of all can judge. */
  private boolean isPredictable(TextChange change) {
    boolean single =
        !touches(rules.traces.innerIndex(), change) && !touches(rules.constants.index(), change);
    boolean aligned = facts.retpolines().isAligned() && touches(rules.retpolines.index(), change);
    boolean counted =
        isCounted()
            && List.of(
                    rules.callDepth.paddingIndex(),
                    rules.staticCalls.index(),
                    rules.staticCalls.trampolineIndex(),
                    rules.alternatives.index())
                .stream()
                .anyMatch(index -> touches(index, change));
    return single && !aligned && !counted;
  }

  private boolean votesStand(TextChange change) {
    int[] before = {retpolines, returns, seals, locks};
    rules.retpolines.index().touched(change, BRANCH_BEHIND, site -> retpolines++);
    rules.returns.index().touched(change, 0, site -> returns++);
    rules.seals.index().touched(change, 0, site -> seals++);
    rules.locks.index().touched(change, 0, site -> locks++);
    return (retpolines == before[0] || votes.retpolinesStand(retpolines))
        && (returns == before[1] || votes.returnsStand(returns))
        && (seals == before[2] || votes.sealsStand(seals))
        && (locks == before[3] || votes.locksStand(locks))
        && featuresStand(touched(rules.alternatives.index(), change));
  }

  private boolean featuresStand(int[] entries) {
    alternatives += entries.length;
    // A fault may say how many sites voted.
    return entries.length == 0
        || (text.faults().isEmpty()
            && Arrays.stream(entries)
                .mapToObj(rules.alternatives::featuresAt)
                .filter(FeatureVote::hasVote)
                .allMatch(bits -> votes.featuresStand(bits, alternatives)));
  }

  private void vote(int[] labels, int[] sites, int times) {
    for (int label : labels) {
      rules.jumpLabels.vote(text, label, votes, times);
    }
    for (int site : sites) {
      rules.traces.vote(text, site, votes, times);
    }
  }

  /** A copy of the tracer that nothing calls any more would not have been checked. */
  private boolean forgetCall(int site) {
    OptionalLong called = rules.traces.calledAt(text, site);
    if (called.isEmpty()) {
      return true;
    }
    long address = text.addressOf(called.getAsLong());
    if (!traced.containsKey(address)) {
      return isNoTracer(address);
    }
    traced.computeIfPresent(address, (at, count) -> count == 1 ? null : count - 1);
    return traced.containsKey(address) || rules.traces.isTracer(called.getAsLong());
  }

  private boolean takeCall(int site) {
    OptionalLong called = rules.traces.calledAt(text, site);
    int place = rules.traces.placeOf(site);
    long address = called.isPresent() ? text.addressOf(called.getAsLong()) : 0;
    boolean isTraced =
        called.isPresent()
            && (traced.containsKey(address) || rules.traces.isTracer(called.getAsLong()));
    if (called.isPresent() && !isTraced && !isNoTracer(address)) {
      return false;
    }
    if (isTraced) {
      traced.merge(address, 1, Integer::sum);
    }
    boolean alone =
        rules.traces.innerIndex().overlapping(place, place + Rewriting.CALL_BYTES) == 0
            && rules.traces.index().overlapping(place, place + Rewriting.CALL_BYTES) == 1;
    return alone
        && rewrite(
            place,
            place + Rewriting.CALL_BYTES,
            () -> {
              if (isTraced) {
                text.putBranch(place, Rewriting.CALL, called.getAsLong());
              } else {
                facts.nops().putFive(text.expected(), place);
              }
            });
  }

  /** Whether no copy of a tracer can begin at an address, which is told without reading. */
  private boolean isNoTracer(long address) {
    askedTracers++;
    return (address & PAGE_MASK) != 0;
  }

  /** The sites of a key have a say only if the key cannot be read. */
  private boolean ask(int key) {
    return text.keyWord(key).isPresent() || takeJumpKey(key);
  }

  private boolean takeJumpKey(int key) {
    return rules.jumpLabels.again(
        text,
        key,
        facts.nops(),
        (from, to, put) ->
            isAlone(rules.jumpLabels.index(), from, to)
                && overlapping(
                        from,
                        to,
                        rules.staticCalls.index(),
                        rules.staticCalls.trampolineIndex(),
                        rules.traces.index(),
                        rules.traces.innerIndex())
                    == 0
                && rewrite(from, to, put));
  }

  /** A fault that was found with a key would have to be taken back. */
  private boolean takeCallKey(long key) {
    long address = text.addressOf(key);
    return text.faults().stream().noneMatch(fault -> fault.address() == address)
        && rules.staticCalls.again(
            text,
            key,
            facts.returns(),
            facts.nops(),
            (from, to, put) -> isOnlySite(from, to) && rewrite(from, to, put),
            (from, to, put) ->
                isAlone(rules.staticCalls.trampolineIndex(), from, to)
                    && overlapping(from, to, rules.traces.index(), rules.traces.innerIndex()) == 0
                    && rewrite(from, to, put));
  }

  private static boolean isAlone(SiteIndex index, int from, int to) {
    return index.overlapping(from, to) == 1;
  }

  private static int overlapping(int from, int to, SiteIndex... indexes) {
    return Arrays.stream(indexes).mapToInt(index -> index.overlapping(from, to)).sum();
  }

  /** Calls that may be counted are no sites in a boot that counts none. */
  private boolean isOnlySite(int from, int to) {
    SiteIndex[] others =
        rules.indexes().stream()
            .filter(index -> index != rules.callDepth.index())
            .filter(index -> index != rules.callDepth.paddingIndex())
            .toArray(SiteIndex[]::new);
    return overlapping(from, to, others) == 1;
  }

  private boolean rewrite(int from, int to, Runnable put) {
    byte[] before = Arrays.copyOfRange(text.expected(), from, to);
    put.run();
    if (Arrays.equals(before, 0, before.length, text.expected(), from, to)) {
      return true;
    }
    rewritten.set(from / PAGE, (to - 1) / PAGE + 1);
    return !isCounted() && !isCopied(from, to);
  }

  /** Whether bytes of the text are compared with what lies elsewhere. */
  private boolean isCopied(int from, int to) {
    ImageNames names = text.layout().names();
    for (String[] range : COPIED) {
      OptionalLong start = names.find(range[0]);
      OptionalLong end = names.find(range[1]);
      if (start.isPresent()
          && end.isPresent()
          && start.getAsLong() < text.layout().offsetOf(to - 1) + 1L
          && text.layout().offsetOf(from) < end.getAsLong()) {
        return true;
      }
    }
    return false;
  }
}
