package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.golden.image.KernelImage;
import io.plumbline.introspection.memory.FrameNumber;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.memory.PageSource;
import io.plumbline.introspection.paging.AddressSpace;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.roots.HardwareRoot;
import io.plumbline.introspection.verify.dynamic.BpfPrograms;
import io.plumbline.introspection.verify.dynamic.KernelProbes;
import io.plumbline.introspection.verify.dynamic.RealModeCode;
import io.plumbline.introspection.verify.dynamic.TracerTrampolines;
import io.plumbline.introspection.verify.patch.BootFacts;
import io.plumbline.introspection.verify.patch.GuestWords;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.Rewriting;
import io.plumbline.introspection.verify.patch.TextRules;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongPredicate;

/**
 * Judges every byte of a guest's kernel text and read-only data against one image: places it,
 * infers what the boot decided, predicts every byte from the image and those facts, compares.
 * Immutable; made once per image and shared by all guests and threads.
 */
public final class ImageVerifier {
  private static final int PAGE = PageBytes.SIZE;

  private final ImageLayout layout;
  private final TextRules rules;
  private final ReadOnlyAfterInit afterInit;
  private final ImageEntries entries;
  private final RealModeCode realMode;
  private final StaticPointers staticPointers;

  /**
   * Prepares an image's tables for comparison.
   *
   * @throws IllegalArgumentException if the image lacks a symbol that the rules rest on
   */
  public ImageVerifier(KernelImage image) {
    layout = ImageLayout.of(image);
    rules = new TextRules(layout);
    afterInit = new ReadOnlyAfterInit(layout);
    entries = ImageEntries.of(image);
    realMode = RealModeCode.of(layout);
    staticPointers = StaticPointers.of(layout);
  }

  public ImageLayout layout() {
    return layout;
  }

  public TextRules rules() {
    return rules;
  }

  /** Where the image has the hardware's roots lead, as offsets. */
  public ImageEntries entries() {
    return entries;
  }

  /** Pointers to functions in the image's writable data. */
  public StaticPointers staticPointers() {
    return staticPointers;
  }

  /** First place, and the place after the last, of what is read-only only after boot. */
  public int[] writtenAtBoot() {
    return new int[] {afterInit.start(), afterInit.end()};
  }

  /** Start and end of the jump table, then of the static-call sites, as places. */
  public int[] sortedTables() {
    return afterInit.tables();
  }

  /** Where the guest has this image; empty if it runs something else. */
  public OptionalLong slide(List<HardwareRoot> roots, AddressSpace space) {
    return new ImagePlacement(layout.base(), Outlines.of(layout.image(), new long[0]))
        .slide(roots, new VirtualMemory(space));
  }

  /**
   * Verifies a guest whose slide is known.
   *
   * @param executable what the supervisor may execute, for pointers that lead out of the image
   * @param others owners of code outside the image
   */
  public ImageVerification verify(
      long slide,
      AddressSpace space,
      PageSource memory,
      ExecutableMemory executable,
      OtherCode others,
      Workspace workspace) {
    workspace.prepare(layout.bytes(), layout.verifiedBytes() / PAGE, layout.verifiedBytes());
    GuestWords words = new MappedWords(new VirtualMemory(space));
    read(slide, space, memory, workspace);
    layout.relocateInto(workspace.relocated(), slide);
    System.arraycopy(workspace.relocated(), 0, workspace.expected(), 0, layout.bytes());
    Rewriting text =
        new Rewriting(
            layout, slide, workspace.expected(), workspace.guest(), words, others::isFunction);
    BootFacts facts = rules.predict(text);
    VirtualMemory code = new VirtualMemory(space);
    TracerTrampolines trampolines =
        new TracerTrampolines(text, facts.returns(), words, code::pageAt);
    final Map<Long, Integer> traced = rules.predictTraces(text, facts, trampolines::isTrampoline);
    LongPredicate isExecutable = address -> executable.kernelRangeAt(address).isPresent();
    KernelProbes probes =
        new KernelProbes(
            text, words, code::pageAt, isExecutable, () -> servingProbes(text, trampolines));
    others.predicted(text, facts, trampolines::isTrampoline, probes);
    final List<KernelProbes.Armed> armed = probes.explain(text);
    afterInit.accept(text, workspace.guest(), isExecutable, others::isFunction);
    PageComparison comparison = new PageComparison(layout, rules, afterInit);
    comparison.compare(text, workspace.relocated(), workspace.guest(), workspace.unreadable());
    FrameCheck frames = new FrameCheck(layout, slide, space, memory, workspace.frames());
    frames.check(words);
    List<String> blindSpots = new ArrayList<>(text.blindSpots());
    blindSpots.addAll(frames.blindSpots());
    return new ImageVerification(
        slide,
        facts,
        traced,
        List.copyOf(trampolines.checked().values()),
        armed,
        new ExecutableSurvey(
                layout,
                slide,
                realMode,
                new BpfPrograms(text, facts.returns(), rules.accounting(text, facts)),
                trampolines,
                probes,
                others,
                code::pageAt)
            .of(executable, memory),
        comparison.pages(),
        comparison.textBytes(),
        comparison.readOnlyBytes(),
        comparison.patchedBytes(),
        comparison.unexplainedBytes(),
        comparison.unreadableBytes(),
        comparison.deviations(),
        comparison.dropped(),
        text.dataWithheld(),
        text.faults(),
        frames.remapped(),
        blindSpots);
  }

  /** Copies of the tracer that call kprobes. */
  private static Set<Long> servingProbes(Rewriting text, TracerTrampolines trampolines) {
    Set<Long> serving = new HashSet<>();
    for (TracerTrampolines.Trampoline copy : trampolines.checked().values()) {
      if (text.layout().names().isNamed(text.offsetOf(copy.function()), "kprobe_ftrace_handler")) {
        serving.add(copy.address());
      }
    }
    return serving;
  }

  /** Copies the image's pages as the guest's own page tables show them. */
  private void read(long slide, AddressSpace space, PageSource memory, Workspace workspace) {
    BitSet unreadable = workspace.unreadable();
    for (int at = 0; at < layout.verifiedBytes(); at += PAGE) {
      long frame = space.translateToFrame(layout.base() + slide + layout.offsetOf(at));
      workspace.frames()[at / PAGE] = frame;
      Optional<PageBytes> page = frame < 0 ? Optional.empty() : memory.read(new FrameNumber(frame));
      if (page.isPresent()) {
        page.get().copyTo(0, workspace.guest(), at, PAGE);
      } else {
        unreadable.set(at / PAGE);
        java.util.Arrays.fill(workspace.guest(), at, at + PAGE, (byte) 0);
      }
    }
  }
}
