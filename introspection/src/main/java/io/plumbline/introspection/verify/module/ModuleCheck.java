package io.plumbline.introspection.verify.module;

import io.plumbline.introspection.golden.image.ImageSection;
import io.plumbline.introspection.golden.image.ModuleMemory;
import io.plumbline.introspection.golden.image.ModulePart;
import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.ExecutableMemory;
import io.plumbline.introspection.verify.dynamic.KernelProbes;
import io.plumbline.introspection.verify.image.Deviation.Region;
import io.plumbline.introspection.verify.patch.BootFacts;
import io.plumbline.introspection.verify.patch.Bytes;
import io.plumbline.introspection.verify.patch.ImageLayout;
import io.plumbline.introspection.verify.patch.Rewriting;
import io.plumbline.introspection.verify.patch.TextRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongPredicate;

/** Verifies one placed module by the facts of its guest's boot. */
final class ModuleCheck {
  private static final int PAGE = PageBytes.SIZE;
  private static final String AFTER_INIT = ".data..ro_after_init";

  private final PlacedModule placed;
  private final List<String> names;
  private final ModuleComparison comparison;
  private final ExecutableMemory executable;
  private final List<String> blindSpots = new ArrayList<>();
  private long unreadable;

  ModuleCheck(
      PlacedModule placed,
      List<String> names,
      List<String> unresolved,
      ExecutableMemory executable) {
    this.placed = placed;
    this.names = names;
    this.comparison = new ModuleComparison(names.get(0), placed.image().symbols());
    this.executable = executable;
    if (!unresolved.isEmpty()) {
      blindSpots.add(
          String.format(
              "%d imports of no known exporter, such as %s: the code that uses them says where they"
                  + " are",
              unresolved.size(), unresolved.get(0)));
    }
  }

  ModuleVerification against(
      Rewriting kernel, BootFacts facts, LongPredicate isTrampoline, KernelProbes probes) {
    ModulePart part = placed.image().part(ModuleMemory.TEXT).orElseThrow();
    ImageLayout layout = layout(kernel, part, placed.found().address());
    Rewriting text = new Rewriting(layout, kernel, placed.found().text());
    TextRules rules = new TextRules(layout);
    rules.predictModule(text, facts);
    final Map<Long, Integer> traced = rules.predictTraces(text, facts, isTrampoline);
    final List<KernelProbes.Armed> armed = probes.explain(text);
    blindSpots.addAll(text.blindSpots());
    compareText(text, rules);
    final long textBytes = comparison.compared();
    compareData(ModuleMemory.READ_ONLY, Region.READ_ONLY_DATA, text);
    compareData(ModuleMemory.READ_ONLY_AFTER_INIT, Region.READ_ONLY_AFTER_INIT, text);
    return new ModuleVerification(
        names,
        placed.found().address(),
        placed.module().pages(),
        textBytes,
        comparison.compared() - textBytes,
        comparison.patched(),
        comparison.unexplained(),
        unreadable,
        comparison.deviations(),
        comparison.dropped(),
        changed(text),
        explainsInitialisation(kernel, facts, isTrampoline),
        text.dataWithheld(),
        text.faults(),
        traced,
        armed,
        blindSpots);
  }

  private Optional<ChangedText> changed(Rewriting text) {
    return comparison.deviations().stream().anyMatch(each -> each.region() == Region.TEXT)
        ? Optional.of(
            new ChangedText(text.expected(), placed.found().text(), placed.image().symbols()))
        : Optional.empty();
  }

  private ImageLayout layout(Rewriting kernel, ModulePart part, long address) {
    long base = kernel.addressOf(0);
    ModuleSites sites = new ModuleSites(placed, base);
    return kernel
        .layout()
        .module(
            Math.toIntExact(address - base), placed.linked(part), sites.symbols(), sites.sites());
  }

  /**
   * Whether the code that is freed once the module is initialised is there and as it must be. If
   * not, something else may lie there by now.
   */
  private boolean explainsInitialisation(
      Rewriting kernel, BootFacts facts, LongPredicate isTrampoline) {
    Optional<ModulePart> part = placed.initialisationCode();
    if (part.isEmpty() || placed.initialisation().isEmpty()) {
      return false;
    }
    long address = placed.base(ModuleMemory.INIT).orElseThrow();
    if (!ModuleSearch.isNear(address, kernel.addressOf(0))) {
      return false;
    }
    Rewriting code =
        new Rewriting(layout(kernel, part.get(), address), kernel, placed.initialisation().get());
    TextRules rules = new TextRules(code.layout());
    rules.predictModule(code, facts);
    rules.predictTraces(code, facts, isTrampoline);
    byte[] guest = placed.initialisation().get();
    return code.faults().isEmpty()
        && Arrays.equals(code.expected(), 0, guest.length, guest, 0, guest.length);
  }

  private void compareText(Rewriting text, TextRules rules) {
    ModuleComparison.Part part =
        new ModuleComparison.Part(placed.found().address(), 0, Region.TEXT, "plain text");
    byte[] linked = text.layout().golden();
    for (int page = 0; page < placed.module().pages(); page++) {
      if (placed.found().unreadable().get(page)) {
        unreadable += PAGE;
      }
    }
    int from = 0;
    while (from < linked.length) {
      int page = placed.found().unreadable().nextClearBit(from / PAGE);
      int end = placed.found().unreadable().nextSetBit(page);
      int to = end < 0 ? linked.length : Math.min(linked.length, end * PAGE);
      if (page * PAGE < to) {
        comparison.compare(
            part, linked, text.expected(), placed.found().text(), page * PAGE, to, rules::siteAt);
      }
      from = Math.max(to, page * PAGE + PAGE);
    }
  }

  private void compareData(ModuleMemory memory, Region region, Rewriting text) {
    Optional<ModulePart> part = placed.image().part(memory);
    if (part.isEmpty()) {
      return;
    }
    Optional<byte[]> guest = placed.content(memory);
    if (guest.isEmpty()) {
      boolean lost = placed.base(memory).isPresent();
      unreadable += part.get().length();
      blindSpots.add(
          String.format(
              "%d bytes of %s data: %s",
              part.get().length(),
              region == Region.READ_ONLY_DATA ? "read-only" : "read-only after init",
              lost ? "cannot be read" : "nothing in the code tells where they are"));
      return;
    }
    byte[] linked = placed.linked(part.get());
    byte[] expected = linked.clone();
    SortedTable.accept(placed, part.get(), expected, guest.get());
    if (region == Region.READ_ONLY_AFTER_INIT) {
      acceptWritten(part.get(), expected, guest.get(), text);
    }
    comparison.compare(
        new ModuleComparison.Part(
            placed.base(memory).orElseThrow(),
            part.get().offset(),
            region,
            region == Region.READ_ONLY_DATA
                ? "read-only data"
                : "pointer or table that is read-only after init"),
        linked,
        expected,
        guest.get(),
        0,
        expected.length,
        at -> Optional.empty());
  }

  /** What a module may write while it is initialised: no pointer into code but to a function. */
  private void acceptWritten(ModulePart part, byte[] expected, byte[] guest, Rewriting text) {
    for (ImageSection section : placed.image().sections()) {
      if (!section.name().equals(AFTER_INIT) || !part.holds(section.offset())) {
        continue;
      }
      int from = section.offset() - part.offset();
      for (int at = from; at + Long.BYTES <= from + section.bytes().length; at += Long.BYTES) {
        long word = Bytes.longAt(guest, at);
        if (executable.kernelRangeAt(word).isEmpty() || text.isTrustedAddress(word)) {
          Bytes.putLong(expected, at, word);
        }
      }
    }
  }
}
