package io.plumbline.introspection.fuzz;

import io.plumbline.introspection.code.CodeMode;
import io.plumbline.introspection.golden.EnrolledRoots;
import io.plumbline.introspection.golden.EnrolledSignature;
import io.plumbline.introspection.golden.FieldTable;
import io.plumbline.introspection.golden.GoldenCode;
import io.plumbline.introspection.golden.KernelSignature;
import io.plumbline.introspection.golden.PackageSignature;
import io.plumbline.introspection.golden.PointerTable;
import io.plumbline.introspection.golden.SignatureBook;
import io.plumbline.introspection.golden.SignatureId;
import io.plumbline.introspection.golden.SymbolTable;
import io.plumbline.introspection.golden.image.BuildName;
import io.plumbline.introspection.memory.GuestVirtualAddress;
import io.plumbline.introspection.reach.Exploration;
import io.plumbline.introspection.reach.ExplorationBudget;
import io.plumbline.introspection.reach.GuestKernel;
import io.plumbline.introspection.testing.SyntheticGuest;
import io.plumbline.introspection.testing.SyntheticKernel;
import io.plumbline.introspection.trust.JudgeSettings;
import io.plumbline.introspection.trust.KernelJudge;
import io.plumbline.introspection.verify.module.SyntheticModule;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** The builds that templates run: one from its package with a module, one from a good guest. */
final class KnownBuilds {
  static final SignatureBook BOOK = book();

  private static final Map<JudgeSettings, KernelJudge> JUDGES = new ConcurrentHashMap<>();

  private KnownBuilds() {}

  /** One judge for all guests, as in a job. */
  static KernelJudge judge(JudgeSettings settings) {
    return JUDGES.computeIfAbsent(settings, each -> new KernelJudge(each, () -> 0));
  }

  private static SignatureBook book() {
    PackageSignature packaged =
        new PackageSignature(
            id(1),
            GuestTemplate.IMAGE.image(),
            new long[0],
            SyntheticModule.bookOf(GuestTemplate.MODULE.image()));
    List<KernelSignature> builds = List.of(packaged, enrolled());
    return () -> builds;
  }

  private static SignatureId id(int number) {
    return new SignatureId("sha256:" + String.format("%064x", number));
  }

  /** As enrolment of one good guest would learn it, at the base that the templates have it. */
  private static EnrolledSignature enrolled() {
    SyntheticKernel kernel = GuestTemplate.KERNEL;
    long base = kernel.usualBase();
    SyntheticGuest guest = kernel.guest(base).build();
    GuestKernel seen =
        GuestKernel.of(guest.pages(), List.of(guest.vcpu()), ExplorationBudget.STANDARD)
            .kernel()
            .orElseThrow();
    Set<GuestVirtualAddress> entries = new LinkedHashSet<>(seen.entries());
    for (int i = 0; i < SyntheticKernel.TABLE_ENTRIES; i++) {
      entries.add(new GuestVirtualAddress(base + SyntheticKernel.tableTarget(i)));
    }
    Exploration all =
        Exploration.from(entries, seen.code(), seen.mode(), ExplorationBudget.STANDARD);
    BitSet starts = new BitSet();
    all.forEachInstruction(
        (region, offset, length) -> {
          starts.set((int) (region.start() + offset - base));
          return true;
        });
    long[] digests = all.measure().functionDigests();
    Arrays.sort(digests);
    return new EnrolledSignature(
        id(2),
        new BuildName("Tiny", "tiny-1", ""),
        CodeMode.LONG_64,
        base,
        roots(),
        new GoldenCode(kernel.text(base), starts, FieldTable.NONE, Map.of()),
        List.of(
            new PointerTable(
                kernel.table(),
                IntStream.range(0, SyntheticKernel.TABLE_ENTRIES)
                    .map(SyntheticKernel::tableTarget)
                    .toArray())),
        digests,
        SymbolTable.NONE,
        List.of(),
        1);
  }

  private static EnrolledRoots roots() {
    Map<Integer, SortedSet<Integer>> gates = new HashMap<>();
    SyntheticKernel.VECTORS.forEach(
        vector -> gates.put(vector, new TreeSet<>(List.of(SyntheticKernel.handler(vector)))));
    return new EnrolledRoots(
        gates, Map.of("LSTAR", new TreeSet<>(List.of(SyntheticKernel.systemCallEntry()))));
  }
}
