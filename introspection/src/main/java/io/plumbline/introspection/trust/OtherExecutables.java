package io.plumbline.introspection.trust;

import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.ExecutableRange;
import io.plumbline.introspection.reach.CodeRegion;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.verify.dynamic.DynamicCode;
import io.plumbline.introspection.verify.dynamic.KernelProbes;
import io.plumbline.introspection.verify.dynamic.ModuleArea;
import io.plumbline.introspection.verify.dynamic.TracerTrampolines;
import io.plumbline.introspection.verify.image.ImageVerification;
import io.plumbline.introspection.verify.image.PlacedImage;
import io.plumbline.introspection.verify.module.GuestModules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Executable memory outside the image: hooks that the kernel's own tracer explains, code that was
 * made at run time, and code that nobody owns. What modules hold is told by {@link ModuleFindings}.
 */
final class OtherExecutables {
  /** Pieces of code that are listed, of those that violate and of those that may be harmless. */
  private static final int MOST_OF_A_KIND = 1024;

  private static final int PAGE = PageBytes.SIZE;

  private final GuestKernel kernel;
  private final KernelWithModules named;
  private final PlacedImage placed;
  private final GuestModules modules;
  private final ImageVerification seen;
  private final TreeMap<Long, DynamicCode> byAddress = new TreeMap<>();

  /** The code that was asked for last: who follows a page of it asks for every instruction. */
  private DynamicCode asked;

  private FindingBook findings;
  private int dropped;

  OtherExecutables(GuestKernel kernel, KernelWithModules placed, ImageVerification seen) {
    this.kernel = kernel;
    this.named = placed;
    this.placed = placed.kernel();
    this.modules = placed.modules();
    this.seen = seen;
    seen.elsewhere().forEach(code -> byAddress.put(code.address(), code));
  }

  /**
   * Whether the instruction at {@code address} is as it must be: all of the code around it, or the
   * bytes of a module that is tampered with elsewhere.
   */
  boolean isVerified(long address, int length) {
    boolean isWhollyVerified =
        isInVerified(address) && (length <= 1 || isInVerified(address + length - 1));
    return isWhollyVerified
        || modules
            .verificationAt(address)
            .map(module -> module.explains(address, length))
            .orElse(false);
  }

  private boolean isInVerified(long address) {
    if (asked == null || !isIn(asked, address)) {
      asked = codeAt(address).orElse(null);
    }
    return asked != null && asked.verified();
  }

  private static boolean isIn(DynamicCode code, long address) {
    return address - code.address() >= 0 && address - code.address() < code.pages() * PAGE;
  }

  private Optional<DynamicCode> codeAt(long address) {
    return Optional.ofNullable(byAddress.floorEntry(address))
        .map(Map.Entry::getValue)
        .filter(code -> isIn(code, address));
  }

  /** Executable bytes, not blank, that nobody owns; those of modules were compared one by one. */
  long unaccountedBytes() {
    return seen.elsewhere().stream()
        .filter(code -> !code.verified() && !isCompared(code))
        .mapToLong(this::nonBlankBytes)
        .sum();
  }

  /** Whether it is code of a module that stays, and not of an initialisation. */
  private boolean isCompared(DynamicCode code) {
    return code.kind() == DynamicCode.Kind.MODULE
        && modules.verificationAt(code.address()).isPresent();
  }

  private long nonBlankBytes(DynamicCode code) {
    long bytes = 0;
    long end = code.address() + code.pages() * PAGE;
    for (CodeRegion region : kernel.code().regionsBetween(code.address(), end)) {
      long from = Math.max(code.address(), region.start());
      long to = Math.min(end, region.start() + region.length());
      if (from < to) {
        bytes += region.nonBlankBytes(region.offsetOf(from), region.offsetOf(to));
      }
    }
    return bytes;
  }

  /**
   * Reports it.
   *
   * @param reached tells how the hardware gets there
   */
  void report(ReachedPlaces reached, FindingBook into) {
    findings = into;
    hooks();
    probes().forEach(this::probe);
    Map<Boolean, Integer> told = new HashMap<>();
    for (DynamicCode code : seen.elsewhere()) {
      if ((!code.verified() && !isCompared(code)) || isOfProgram(code.address())) {
        boolean allowed = isAllowed(code);
        if (told.merge(allowed, 1, Integer::sum) <= MOST_OF_A_KIND) {
          code(code, allowed, reached.toMemory(code.address(), code.pages() * PAGE));
        } else {
          dropped++;
        }
      }
    }
  }

  /** The armed probes of the kernel's text and of the modules'. */
  List<KernelProbes.Armed> probes() {
    List<KernelProbes.Armed> probes = new ArrayList<>(seen.probes());
    modules.verifications().forEach(module -> probes.addAll(module.probes()));
    return probes;
  }

  /** Pieces of code without an owner that are not listed, because so many others are. */
  int dropped() {
    return dropped;
  }

  private void hooks() {
    Map<Long, TracerTrampolines.Trampoline> copies = new HashMap<>();
    seen.trampolines().forEach(copy -> copies.put(copy.address(), copy));
    TreeMap<Long, Integer> traced = new TreeMap<>(seen.traced());
    modules
        .verifications()
        .forEach(module -> module.traced().forEach((to, n) -> traced.merge(to, n, Integer::sum)));
    traced.forEach(
        (address, functions) -> hook(address, functions, Optional.ofNullable(copies.get(address))));
  }

  private void hook(
      long address, int functions, Optional<TracerTrampolines.Trampoline> trampoline) {
    String tracer =
        trampoline.map(TracerTrampolines.Trampoline::tracer).orElse(placed.nameOf(address));
    String called = trampoline.map(this::callsOf).orElse("all registered tracers");
    // Where a copy lies is chance; whose it is stays, unless its owner is no variable of the image.
    String place =
        trampoline
            .map(copy -> placed.holds(copy.ops()) ? placed.offsetOf(copy.ops()) : copy.ops())
            .orElse(placed.offsetOf(address))
            .toString();
    findings.add(
        FindingType.HOOK_WITH_OWNER,
        kernel.vcpu().index(),
        new GuestVirtualAddress(address),
        trampoline.map(copy -> placed.nameOf(copy.ops())).orElse(tracer),
        "kernel",
        "no traced function",
        functions + " functions call " + tracer + ", which calls " + called,
        List.of(tracer, called),
        "tracer+" + place);
  }

  private String callsOf(TracerTrampolines.Trampoline copy) {
    String function = named.nameOf(copy.function());
    return copy.replacements().isEmpty()
        ? function
        : function
            + ", which goes to "
            + copy.replacements().stream().map(named::nameOf).collect(Collectors.joining(", "));
  }

  private void probe(KernelProbes.Armed probe) {
    boolean trusted = probe.untrusted().isEmpty();
    List<Long> told = trusted ? probe.handlers() : probe.untrusted();
    List<String> handlers = told.stream().map(named::nameOf).toList();
    String entry =
        switch (probe.entry()) {
          case BREAKPOINT -> "int3";
          case JUMP -> "jump";
          case TRACER -> "tracer";
        };
    findings.add(
        trusted ? FindingType.HOOK_WITH_OWNER : FindingType.UNEXPECTED_KPROBE_HANDLER,
        kernel.vcpu().index(),
        new GuestVirtualAddress(probe.place()),
        named.nameOf(probe.place()),
        trusted ? "kernel" : "unknown",
        trusted ? "no probe" : "a trusted function's beginning",
        "kprobe by " + entry + ", which calls " + String.join(", ", handlers),
        handlers,
        keyOf(probe.place()));
  }

  /** Where a module lies is chance; which of its instructions is probed stays. */
  private String keyOf(long probed) {
    return modules
        .verificationAt(probed)
        .map(module -> module.owner() + " probe+" + (probed - module.address()))
        .orElse("probe+" + placed.offsetOf(probed));
  }

  /**
   * Whether a pointer to {@code address} says nothing: the code there may be there, verified or
   * not, or the page is data that became executable, which is told of the page.
   */
  boolean mayBePointedTo(long address) {
    return codeAt(address)
        .map(code -> code.verified() || isRemapped(address) || isAllowed(code))
        .orElse(false);
  }

  /** Whether it lies where code may be made or loaded that no package knows. */
  private boolean isAllowed(DynamicCode code) {
    long imageEnd = placed.addressOf(placed.verifier().layout().end());
    return !isWritable(code.address())
        && ModuleArea.mayHold(code.address(), imageEnd)
        && !isForeign(code);
  }

  private boolean isWritable(long address) {
    return kernel
        .executable()
        .kernelRangeAt(address)
        .map(range -> range.rights().writable())
        .orElse(false);
  }

  private void code(DynamicCode code, boolean allowed, Way way) {
    Optional<ExecutableRange> range = kernel.executable().kernelRangeAt(code.address());
    boolean initialisation = code.kind() == DynamicCode.Kind.MODULE;
    findings.add(
        allowed
            ? FindingType.DYNAMIC_CODE
            : isRemapped(code.address())
                ? FindingType.UNEXPECTED_PAGE_MAPPING
                : FindingType.UNEXPECTED_KERNEL_CODE_PAGES,
        way.vcpu(),
        new GuestVirtualAddress(code.address()),
        placed.nameOf(code.address()),
        modules.moduleOf(code.address()).orElse("unknown"),
        allowed
            ? initialisation ? "freed when the module is initialised" : "code of a known owner"
            : "no code here",
        String.format(
            "%d pages %s, %s",
            code.pages(),
            range.map(each -> each.rights().toString()).orElse(""),
            code.description()),
        way.path(),
        "executable+" + placed.offsetOf(code.address()));
  }

  /**
   * Whether the page tables are wrong rather than somebody's code new: what may be written while it
   * runs, the image's own data, and a program's half, where every page was the user's.
   */
  private boolean isRemapped(long address) {
    return isWritable(address) || isOfProgram(address) || placed.holds(address);
  }

  /** The lower half is the programs', whatever lies there. */
  private boolean isOfProgram(long address) {
    return kernel.vcpu().longMode() && address >= 0;
  }

  /**
   * Whether it is code, and of none of the build's modules, although all are known. What cannot be
   * read, and what is blank, may be anybody's.
   */
  private boolean isForeign(DynamicCode code) {
    return code.kind() == DynamicCode.Kind.UNOWNED
        && modules.areComplete()
        && nonBlankBytes(code) > 0;
  }
}
