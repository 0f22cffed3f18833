package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.paging.ExecutableRange;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.reach.Fixpoint;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.reach.ReachStep;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.image.Deviation;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.image.RemappedPage;
import io.plumbline.introspection.verify.image.StandingVerification;
import io.plumbline.introspection.verify.patch.DataFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One guest held against the package of the build it runs: roots first, then every byte that is not
 * as it must be, data that misleads code, pages that lie elsewhere, and code that nobody owns. How
 * the hardware gets there is told by exploring from the roots through bytes that are as they must
 * be.
 */
final class ImageExamination implements AutoCloseable {
  /**
   * What came out.
   *
   * @param findings each place once
   * @param byStep bytes of instructions that legal roots lead to through code that is as it must be
   *     and trusted data, when each step came to its end
   * @param codeExhausted a bound of code ended the exploration
   * @param dataExhausted a bound of data did
   * @param unaccountedBytes executable bytes, not blank, that nobody owns
   * @param unlisted pieces of code that nobody owns and that are not among the findings
   * @param blindSpots what monitors could not look at
   */
  record Outcome(
      List<Finding> findings,
      Map<ReachStep, Long> byStep,
      boolean codeExhausted,
      boolean dataExhausted,
      long unaccountedBytes,
      int unlisted,
      List<String> blindSpots) {}

  private final Guest guest;
  private final ExploredImage explored;
  private final StandingParts standing;
  private final GuestKernel kernel;
  private final PlacedImage placed;
  private final KernelWithModules named;
  private final ImageVerification seen;
  private final StandingVerification verified;
  private final Evidence evidence;
  private final FindingBook findings;
  private final OtherExecutables others;
  private final Lineage lineage;
  private final ReachedPlaces reached;
  private final DeviationFindings deviations;
  private final ModuleFindings modules;

  /**
   * Of a guest that was verified and explored.
   *
   * @param verified unchanged until this is closed
   * @param standing what of it stands since the last time
   * @param withText whether findings show instructions as text
   */
  ImageExamination(
      Guest guest,
      ExploredImage explored,
      StandingVerification verified,
      StandingParts standing,
      boolean withText) {
    standing.watch();
    this.guest = guest;
    this.standing = standing;
    this.explored = explored;
    this.kernel = explored.kernel();
    this.named = explored.named();
    this.placed = named.kernel();
    this.seen = verified.seen();
    this.verified = verified;
    this.evidence = new Evidence(named, kernel.space(), withText);
    this.findings = new FindingBook(guest.vmId(), evidence);
    this.others = new OtherExecutables(kernel, named, seen);
    Fixpoint fixpoint = explored.fixpoint();
    VirtualMemory memory = new VirtualMemory(kernel.space());
    this.lineage = new Lineage(fixpoint, explored.roots().legal(), named, memory::wordAt);
    this.reached =
        new ReachedPlaces(fixpoint, explored.pointers(), lineage, named, kernel.vcpu().index());
    this.deviations =
        new DeviationFindings(seen.dataUnread(), placed, verified, evidence, findings, reached);
    this.modules = new ModuleFindings(kernel, named, evidence, findings, reached);
  }

  @Override
  public void close() {
    evidence.close();
  }

  /** Makes findings of what was seen. */
  Outcome outcome() {
    RootFindings strays = new RootFindings(guest, kernel, evidence, findings);
    UnseenFindings unseen = new UnseenFindings(kernel, named, evidence, findings);
    explored.roots().strays().forEach(strays::add);
    seen.deviations().stream()
        .filter(each -> each.region() == Deviation.Region.TEXT)
        .forEach(deviations::text);
    seen.deviations().stream()
        .filter(each -> each.region() != Deviation.Region.TEXT)
        .forEach(deviations::data);
    seen.faults().forEach(this::fault);
    seen.remapped().forEach(this::remapped);
    explored.roots().unmapped().forEach(this::unmappedRoot);
    kernel.executable().kernelRanges().forEach(this::mapping);
    modules.report();
    others.report(reached, findings);
    kernel.code().unreadablePages().stream().limit(UnseenFindings.MOST_PAGES).forEach(unseen::page);
    Fixpoint fixpoint = explored.fixpoint();
    if (fixpoint.budgetExhausted()) {
      unseen.budgetExhausted();
    }
    TrustedKernel trusted =
        new TrustedKernel(
            guest,
            kernel,
            named,
            seen,
            explored.trust(),
            lineage,
            reached,
            verified,
            new Questions());
    List<PointerFindings.OddPointer> odd =
        standing
            .variables()
            .get(
                trusted,
                () -> PointerFindings.oddPointers(fresh(trusted, standing.variables()), placed));
    Observations observations =
        standing
            .monitors()
            .get(trusted, () -> Monitors.observe(fresh(trusted, standing.monitors())));
    standing.watch();
    new PointerFindings(trusted, placed, reached, findings, untrustedHandlers())
        .report(odd, fixpoint.strays());
    observations.seen().forEach(findings::add);
    return new Outcome(
        findings.findings(),
        fixpoint.bytesByStep(),
        fixpoint.codeExhausted(),
        fixpoint.dataExhausted(),
        others.unaccountedBytes(),
        others.dropped(),
        observations.blindSpots());
  }

  /** With memory of its own, so that everything that is read is noted. */
  private static TrustedKernel fresh(TrustedKernel trusted, Standing<?> made) {
    return trusted.asked(made.questions());
  }

  private Set<Long> untrustedHandlers() {
    return others.probes().stream()
        .flatMap(probe -> probe.untrusted().stream())
        .collect(Collectors.toSet());
  }

  private void fault(DataFault fault) {
    Way way = reached.toData(fault.address(), fault.symbol());
    List<String> path = new ArrayList<>(way.path());
    path.add(deviations.value(fault.actual()));
    findings.add(
        FindingType.UNEXPECTED_CONTROL_FLOW_TARGET,
        way.vcpu(),
        new GuestVirtualAddress(fault.address()),
        fault.symbol(),
        "kernel",
        fault.expected() == 0 ? "a legal " + fault.what() : deviations.value(fault.expected()),
        deviations.value(fault.actual()),
        path,
        "fault+" + placed.offsetOf(fault.address()));
  }

  private void remapped(RemappedPage page) {
    String through = page.throughDirectMap() ? "the direct map" : "the kernel's own mapping";
    findings.add(
        FindingType.UNEXPECTED_PAGE_MAPPING,
        kernel.vcpu().index(),
        new GuestVirtualAddress(page.address()),
        placed.nameOf(page.address()),
        "kernel",
        String.format("frame 0x%x, where the image lies", page.expectedFrame()),
        String.format(
            "frame 0x%x through %s, with %s content",
            page.actualFrame(), through, page.sameContent() ? "the same" : "other"),
        List.of(placed.nameOf(page.address())),
        (page.throughDirectMap() ? "alias+" : "frame+") + placed.offsetOf(page.address()));
  }

  private void unmappedRoot(HardwareRoot root) {
    String name = Evidence.nameOf(root);
    long page = placed.offsetOf(root.target().value()) - root.target().offsetInPage();
    findings.add(
        FindingType.UNEXPECTED_PAGE_MAPPING,
        root.vcpu(),
        root.target(),
        placed.nameOf(root.target().value()),
        "kernel",
        "code of this build, executable for the supervisor",
        evidence.mapping(root.target()),
        List.of(name, evidence.place(root.target())),
        "page+" + page);
  }

  /** The image's text is never writable where it is executable. */
  private void mapping(ExecutableRange range) {
    long start = range.start().value();
    if (range.rights().writable() && placed.contains(start)) {
      findings.add(
          FindingType.UNEXPECTED_PAGE_MAPPING,
          kernel.vcpu().index(),
          range.start(),
          placed.nameOf(start),
          "kernel",
          "code that cannot be written",
          evidence.mapping(range.start()) + ", " + range.length() + " bytes",
          List.of(placed.nameOf(start)),
          "writable+" + placed.offsetOf(start));
    }
  }
}
