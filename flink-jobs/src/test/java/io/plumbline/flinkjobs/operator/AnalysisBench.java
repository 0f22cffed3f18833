package io.plumbline.flinkjobs.operator;

import io.plumbline.flinkjobs.state.CoverageRecord;
import io.plumbline.flinkjobs.state.FindingRecord;
import io.plumbline.flinkjobs.state.GuestImage;
import io.plumbline.flinkjobs.state.IdentityRecord;
import io.plumbline.flinkjobs.state.Liveness;
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
import io.plumbline.introspection.trust.Judge;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;

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
  final Map<Long, byte[]> pages = new TreeMap<>();
  final Map<Integer, byte[]> imageBlocks = new TreeMap<>();
  final VmAnalysis analysis;
  GuestImage image;
  VmThread thread;
  VcpuSet vcpus;
  PublishedVerdict published;
  final TreeSet<Long> timers = new TreeSet<>();
  final List<Liveness> liveness = new ArrayList<>();
  VmPulse pulse;
  private static final int PLACES = 8;

  VerdictBasis basis;
  long now;
  long coalesced;
  int verdicts;

  AnalysisBench() {
    this(new ContentJudge(), signature -> Optional.empty());
  }

  AnalysisBench(Judge judge, SharedImages images) {
    this(judge, images, () -> 0);
  }

  AnalysisBench(Judge judge, SharedImages images, LongSupplier nanoClock) {
    analysis =
        new VmAnalysis(
            judge, images, AnalysisHarness.SETTINGS, new FollowerPlaces(PLACES, PLACES), nanoClock);
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
  public byte[] page(long frame) {
    return pages.get(frame);
  }

  @Override
  public void keepPage(long frame, byte[] stored) {
    pages.put(frame, stored);
  }

  @Override
  public void dropPage(long frame) {
    pages.remove(frame);
  }

  @Override
  public void forEachPage(PageVisitor visitor) {
    pages.forEach(visitor::see);
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
  public byte[] imageBlock(int number) {
    return imageBlocks.get(number);
  }

  @Override
  public void keepImageBlock(int number, byte[] block) {
    imageBlocks.put(number, block);
  }

  @Override
  public void dropImageBlocks() {
    imageBlocks.clear();
  }

  @Override
  public void forgetCapture() {
    pages.clear();
    imageBlocks.clear();
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
