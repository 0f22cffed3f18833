package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.GuestImage;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Liveness;
import io.plumbline.flinkjobs.state.PageIndex;
import io.plumbline.flinkjobs.state.PublishedVerdict;
import io.plumbline.flinkjobs.state.Refusal;
import io.plumbline.flinkjobs.state.ResyncRecord;
import io.plumbline.flinkjobs.state.TrustRecord;
import io.plumbline.flinkjobs.state.VcpuSet;
import io.plumbline.flinkjobs.state.VerdictBasis;
import io.plumbline.flinkjobs.state.VmObservation;
import io.plumbline.flinkjobs.state.VmPulse;
import io.plumbline.flinkjobs.state.VmThread;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.trust.Judge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** The analysis of one VM with maps for state and lists for outputs. */
final class AnalysisBench implements VmMemory, VmTimers, Reports {
  final List<IdentityRecord> identities = new ArrayList<>();
  final List<CoverageRecord> coverage = new ArrayList<>();
  final List<TrustRecord> trust = new ArrayList<>();
  final List<FindingRecord> findings = new ArrayList<>();
  final List<ResyncRecord> resyncs = new ArrayList<>();
  final List<Refusal> refusals = new ArrayList<>();
  final List<Move> moves = new ArrayList<>();
  final List<KernelSignature> book = new ArrayList<>();
  final MapStore packed = new MapStore();
  final MapStore whole = new MapStore();
  final Map<Long, byte[]> oldPages = new TreeMap<>();
  final Map<Integer, byte[]> oldBlocks = new TreeMap<>();
  final VmAnalysis analysis;
  PageIndex pageIndex;
  GuestImage image;
  VmThread thread;
  VcpuSet vcpus;
  PublishedVerdict published;
  final TreeSet<Long> timers = new TreeSet<>();
  final List<Liveness> liveness = new ArrayList<>();
  VmPulse pulse;
  private static final int PLACES = 8;
  private final FollowerPlaces places =
      new FollowerPlaces(PLACES, new FollowerPlaces.Expected(1, 1));
  private final PageForms forms = new PageForms();

  VerdictBasis basis;
  long now;
  long coalesced;
  int verdicts;

  /** Blocks of pages in a map. */
  static final class MapStore implements PageStore {
    final Map<Long, byte[]> blocks = new TreeMap<>();
    int written;

    @Override
    public byte[] get(long block) {
      return blocks.get(block);
    }

    @Override
    public void keep(long block, byte[] stored) {
      blocks.put(block, stored);
      written++;
    }

    @Override
    public void drop(long block) {
      blocks.remove(block);
    }

    long bytes() {
      return blocks.values().stream().mapToLong(each -> each.length).sum();
    }
  }

  AnalysisBench() {
    this(new ContentJudge(), signature -> Optional.empty());
  }

  AnalysisBench(Judge judge, SharedImages images) {
    this(judge, images, () -> 0);
  }

  AnalysisBench(Judge judge, SharedImages images, LongSupplier nanoClock) {
    analysis = new VmAnalysis(judge, images, AnalysisHarness.SETTINGS, places, nanoClock);
  }

  AnalysisBench observe(Iterable<VmObservation> observations) {
    observations.forEach(each -> analysis.observe(each, this, () -> book, this, this));
    return this;
  }

  AnalysisBench observe(VmObservation observation) {
    return observe(List.of(observation));
  }

  /** Lets time go on; timers that are due fire in their order. */
  AnalysisBench until(long millis) {
    now = millis;
    while (!timers.isEmpty() && timers.first() <= now) {
      timers.pollFirst();
      analysis.wake("vm-1", this, () -> book, this, this);
    }
    return this;
  }

  @Override
  public long nowMillis() {
    return now;
  }

  @Override
  public void wakeAt(long millis) {
    timers.add(millis);
  }

  @Override
  public void cancel(long millis) {
    timers.remove(millis);
  }

  @Override
  public VerdictBasis basis() {
    return basis;
  }

  @Override
  public void keepBasis(VerdictBasis now) {
    basis = now;
  }

  @Override
  public VmPulse pulse() {
    return pulse;
  }

  @Override
  public void keepPulse(VmPulse now) {
    pulse = now;
  }

  @Override
  public void coalesced(long rounds) {
    coalesced += rounds;
  }

  @Override
  public void liveness(Liveness now) {
    liveness.add(now);
  }

  /** Has the next boundary judged from scratch, as after a restart in a round of changes. */
  void judgeAnew() {
    analysis.followNobody();
    thread = thread.withChanged(true);
  }

  /** The pages as they are kept. */
  CapturedPages captured(SharedImages images) {
    return new CapturedPages(this, images, forms);
  }

  /** Frames of which something is kept. */
  Set<Long> frames(SharedImages images) {
    CapturedPages pages = captured(images);
    return Arrays.stream(pageIndex.blocks())
        .flatMap(number -> LongStream.range(number << 4, (number + 1) << 4))
        .filter(frame -> pages.read(new FrameNumber(frame)).isPresent())
        .boxed()
        .collect(Collectors.toCollection(TreeSet::new));
  }

  TrustRecord lastTrust() {
    return trust.get(trust.size() - 1);
  }

  @Override
  public VmThread thread() {
    return thread;
  }

  @Override
  public void keepThread(VmThread now) {
    thread = now;
  }

  @Override
  public VcpuSet vcpus() {
    return vcpus;
  }

  @Override
  public void keepVcpus(VcpuSet now) {
    vcpus = now;
  }

  @Override
  public PublishedVerdict published() {
    return published;
  }

  @Override
  public void keepPublished(PublishedVerdict now) {
    published = now;
  }

  @Override
  public PageIndex pageIndex() {
    return pageIndex;
  }

  @Override
  public void keepPageIndex(PageIndex now) {
    pageIndex = now;
  }

  @Override
  public PageStore packedPages() {
    return packed;
  }

  @Override
  public PageStore wholePages() {
    return whole;
  }

  @Override
  public GuestImage image() {
    return image;
  }

  @Override
  public void keepImage(GuestImage now) {
    image = now;
  }

  @Override
  public void forEachOldPage(PageVisitor visitor) {
    oldPages.forEach(visitor::see);
  }

  @Override
  public byte[] oldBlock(int number) {
    return oldBlocks.get(number);
  }

  @Override
  public void dropOldPages() {
    oldPages.clear();
    oldBlocks.clear();
  }

  @Override
  public void forgetCapture() {
    pageIndex = null;
    packed.blocks.clear();
    whole.blocks.clear();
    dropOldPages();
    image = null;
    vcpus = null;
    basis = null;
  }

  @Override
  public void forgetAll() {
    forgetCapture();
    thread = null;
    published = null;
    pulse = null;
  }

  @Override
  public void identity(IdentityRecord identity) {
    identities.add(identity);
  }

  @Override
  public void coverage(CoverageRecord now) {
    coverage.add(now);
  }

  @Override
  public void trust(TrustRecord now) {
    trust.add(now);
  }

  @Override
  public void finding(FindingRecord finding) {
    findings.add(finding);
  }

  @Override
  public void resync(ResyncRecord request) {
    resyncs.add(request);
  }

  @Override
  public void refuse(Refusal refusal) {
    refusals.add(refusal);
  }

  @Override
  public void counted(Move move) {
    moves.add(move);
  }

  @Override
  public void judged(long nanos) {
    verdicts++;
  }
}
